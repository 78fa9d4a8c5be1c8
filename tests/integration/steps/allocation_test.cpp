// What a step costs the host's memory allocator, counted by this program's own operator new. The
// counts do not depend on the machine, but on the size of batches a little: the bounds leave room
// for that and for no further allocation a step.

#include "foundation/runtime/blocking_pool.hpp"
#include "plugin_host/plugin_registry.hpp"
#include "step_path_fixture.hpp"
#include "worker/actors/ffi_completion_actor.hpp"
#include "worker/worker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <iostream>
#include <mutex>
#include <new>

namespace {

std::atomic<std::size_t> allocations{0};

void* counted(std::size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size == 0 ? 1 : size)) {
        return memory;
    }
    throw std::bad_alloc();
}

}  // namespace

// Those that are not replaced call these.
void* operator new(std::size_t size) {
    return counted(size);
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}

namespace tenon {
namespace {

using namespace std::chrono_literals;

/// A step of a chain as a lane brings it: its context, and the result of the step before it.
ClaimedStep claimed(TemplateId id, std::int32_t number) {
    return {
        .task = TaskId::parse(fmt::format("01932c07-4b5e-7a3c-9f21-{:08x}0000", number)),
        .step_no = 2,
        .attempt = 1,
        .template_id = id,
        .correlation = CorrelationId::parse("01932c07-4b5e-7a3c-9f21-6d0e5b8a0001"),
        .context_json = R"({"order": 4711, "customer": "somebody with a name"})",
        .dependencies = {{.step_no = 1, .json = R"({"reserved": true, "warehouse": "north"})"}},
        .checkpoint_json = {}
    };
}

class AllocationTest : public testing::StepPathTest {
protected:
    AllocationTest() {
        const auto plugin = std::filesystem::path(TENON_PLUGIN_DIRECTORY) / "noop.so";
        loaded_ = static_cast<bool>(plugins_.load(plugin));
    }

    void SetUp() override { ASSERT_TRUE(loaded_); }

    ~AllocationTest() override { blocking_.stop(); }

    /// A chain of real no-op steps.
    TemplateId enroll_chain(std::size_t length) {
        auto source = testing::chain(length);
        for (auto& step : source.steps) {
            step.callable = "noop::NoopHandler";
        }
        return enroll(source);
    }

    plugin_host::PluginRegistry& plugins() { return plugins_; }

    BlockingPool& blocking() { return blocking_; }

private:
    testing::TemporaryDirectory folder_;
    plugin_host::PluginRegistry plugins_{{.snapshot_directory = folder_.path() + "/snapshots"}};
    bool loaded_ = false;
    BlockingPool blocking_{1};
};

/// The real worker on the real database, as a host runs it.
class WorkerAllocations : public AllocationTest {
protected:
    void start(std::int32_t slots) {
        worker_.emplace(
            worker::Worker::Options{
                .conninfo = conninfo(),
                .host_id = host_.id(),
                .namespaces = {},
                .slots = slots,
                .poll = {.busy = 1h, .idle = 1h}
            },
            worker::Worker::Needs{pool(), plugins(), blocking()},
            worker::Worker::Observers{
                .finished = [this](const auto& tasks) { note(tasks.size()); },
                .fed = {},
                .retry_scheduled = {},
                .queued = {},
                .lost = {},
                .handler_started = {},
                .settled = {},
                .listening = {}
            }
        );
        worker_->start();
    }

    void TearDown() override {
        if (worker_) {
            worker_->stop({});
        }
    }

    /// Submits `tasks` chains, runs them and returns the allocations of each of their steps.
    double allocations_of_a_step(std::size_t tasks, std::size_t length) {
        submit_many("chain", tasks);
        finished_ = 0;
        const auto before = allocations.load();
        worker_->wake(testing::test_namespace);
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(news_.wait_for(lock, 60s, [&] { return finished_ == tasks; }));
        const auto count = static_cast<double>(allocations.load() - before);
        return count / static_cast<double>(tasks * length);
    }

private:
    void note(std::size_t more) {
        const std::scoped_lock lock(mutex_);
        finished_ += more;
        news_.notify_all();
    }

    testing::TestHost host_{conninfo()};
    std::optional<worker::Worker> worker_;
    std::mutex mutex_;
    std::condition_variable news_;
    std::size_t finished_ = 0;
};

TEST_F(AllocationTest, DispatchToAHandlerAndBack) {
    constexpr std::size_t count = 1000;
    const auto id = enroll_chain(2);
    database::TemplateRepository templates(pool());
    database::StepRepository steps(pool());
    worker::TemplateCache cache(templates, plugins());
    cache.get(id);
    worker::RunningSteps running;
    worker::StepInvoker invoker(cache, steps, running, HostId{1}, {});
    worker::StepInbox inbox(count, count);
    worker::ResultSender sender(inbox);
    worker::FfiCompletionActor actor(sender);
    worker::WorkerCommandProcessor commands({});
    commands.connect(actor);
    commands.limit<worker::ProcessStepCompletion>(count);
    worker::HandlerPool pool({.core_threads = 2, .max_threads = 2}, [&](ClaimedStep step) {
        const auto id_of_step = step_id(step.task, step.step_no);
        commands.ask_now(worker::ProcessStepCompletion{id_of_step, invoker.invoke(std::move(step))}
        );
    });
    std::size_t spent = 0;
    for (int round = 0; round < 2; ++round) {
        std::vector<ClaimedStep> batch;
        for (std::size_t i = 0; i < count; ++i) {
            batch.push_back(claimed(id, static_cast<std::int32_t>(i)));
        }
        const auto before = allocations.load();
        pool.push(std::move(batch));
        ASSERT_TRUE(pool.wait_idle(std::chrono::steady_clock::now() + 30s));
        spent = allocations.load() - before;  // Of the second round: the first fills what is kept.
        const auto load = inbox.collect();
        ASSERT_EQ(load->settled.size(), count);
        EXPECT_EQ(std::get<std::string>(load->settled.back().outcome), "{}");
    }
    const auto share = static_cast<double>(spent) / count;
    std::cout << fmt::format("dispatch and completion: {:.2f} allocations a step\n", share);
    EXPECT_LE(share, 5);
    EXPECT_GT(share, 0) << "nothing was counted";
}

TEST_F(WorkerAllocations, OfALoneChain) {
    constexpr std::size_t length = 100;
    enroll_chain(length);
    start(128);
    allocations_of_a_step(1, length);
    const auto share = allocations_of_a_step(1, length);
    std::cout << fmt::format("alone: {:.2f} allocations a step\n", share);
    EXPECT_LE(share, 24.2);
    EXPECT_GT(share, 1) << "not everything was counted";
}

TEST_F(WorkerAllocations, AtSaturation) {
    constexpr std::size_t length = 4;
    enroll_chain(length);
    start(1024);
    allocations_of_a_step(2000, length);
    const auto share = allocations_of_a_step(2000, length);
    std::cout << fmt::format("at saturation: {:.2f} allocations a step\n", share);
    EXPECT_LE(share, 7.9);
    EXPECT_GT(share, 1) << "not everything was counted";
}

}  // namespace
}  // namespace tenon
