// The commands of a worker, on a real database and a real plugin.

#include "foundation/error.hpp"
#include "step_path_fixture.hpp"
#include "support/child_program.hpp"
#include "worker/event_systems/worker_event_system.hpp"
#include "worker/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>

#include <filesystem>

namespace tenon::worker {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr auto six = R"({"even_number": 6})";

class WorkerCommands : public testing::StepPathTest {
protected:
    ~WorkerCommands() override {
        events.stop();
        if (worker) {
            worker->stop({.soft = 5s, .hard = 1s});
        }
        worker.reset();
        blocking.stop();
    }

    void load_plugin() {
        const auto file = std::filesystem::path(TENON_PLUGIN_DIRECTORY) / "linear.so";
        ASSERT_TRUE(plugins.load(file));
    }

    /// It polls so seldom that it does nothing of its own accord. `namespaces` empty: all.
    /// The look that every worker begins with is over before a test gives it anything to find.
    void start(std::vector<std::string> namespaces = {}, std::int32_t slots = 8) {
        const bool looks = (namespaces.empty() || namespaces.front() == testing::test_namespace) &&
                           sql().value("SELECT count(*) FROM tenon.task_namespaces") != "0";
        worker = std::make_shared<Worker>(
            Worker::Options{
                .conninfo = conninfo(),
                .host_id = host.id(),
                .namespaces = std::move(namespaces),
                .slots = slots,
                .lanes = 2,
                .poll = {.busy = 1h, .idle = 1h}
            },
            Worker::Needs{pool(), plugins, blocking},
            Worker::Observers{}
        );
        worker->start();
        EXPECT_TRUE(!looks || eventually([this] { return worker->statistics().pump.calls > 0; }));
    }

    template <Command C>
    typename C::Reply ask(C command) {
        asio::io_context loop;
        auto reply =
            asio::co_spawn(loop, worker->commands().ask(std::move(command)), asio::use_future);
        loop.run();
        return reply.get();
    }

    template <Command C>
    std::string refusal_of(C command) {
        try {
            ask(std::move(command));
            return "accepted";
        } catch (const Exception& error) {
            return std::string(to_string(error.code())) + ": " + error.what();
        }
    }

    TemplateId enroll_chain(const std::string& second = "linear::LinearStep2Handler") {
        auto source = testing::chain(2);
        source.steps[0].name = "linear_step_1";
        source.steps[1].name = "linear_step_2";
        source.steps[1].dependencies = {"linear_step_1"};
        source.steps[0].callable = "linear::LinearStep1Handler";
        source.steps[1].callable = second;
        return enroll(source);
    }

    bool completes(TaskId task) {
        return eventually([&] { return task_state(task) == "complete"; }, 10s);
    }

    /// What a PGMQ client reads, plus whatever it is sent in between.
    std::vector<QueueMessage> read(std::int32_t limit) {
        return messages.read(testing::test_queue, {.limit = limit});
    }

    testing::TestHost host{conninfo()};
    testing::TemporaryDirectory folder;
    plugin_host::PluginRegistry plugins{{.snapshot_directory = folder.path() + "/snapshots"}};
    BlockingPool blocking{3};
    database::QueueRepository messages{pool()};
    std::shared_ptr<Worker> worker;
    WorkerEventSystem events{{.mode = DeploymentMode::hybrid, .poll_interval = 1h}};
};

TEST_F(WorkerCommands, ExecuteStepRunsExactlyThatStepAndWhatFollows) {
    load_plugin();
    enroll_chain();
    start({"elsewhere"});
    const auto tasks = std::vector{submit("chain", six), submit("chain", six)};
    const auto started = ask(ExecuteStep{step_id(tasks[1], 1)});
    EXPECT_EQ(started.start, StepStart::started);
    EXPECT_TRUE(completes(tasks[1]));
    EXPECT_EQ(of_step(tasks[1], 1, "s.result::text"), "36");
    EXPECT_EQ(of_step(tasks[1], 2, "s.result::text"), "46");
    EXPECT_EQ(step_states(tasks[0]), "enqueued pending") << "nobody asked for it";
    const auto again = ask(ExecuteStep{step_id(tasks[1], 1)});
    EXPECT_EQ(again.start, StepStart::not_waiting);
    EXPECT_EQ(again.state, "complete");
    EXPECT_EQ(ask(ExecuteStep{step_id(tasks[0], 9)}).start, StepStart::unknown);
}

TEST_F(WorkerCommands, ExecuteStepWithCorrelationRefusesAnother) {
    load_plugin();
    enroll_chain();
    start({"elsewhere"});
    const auto task = submit("chain", six);
    const auto own = CorrelationId::parse(of_task(task, "coalesce(t.correlation_id, t.task_uuid)"));
    const auto foreign = CorrelationId::parse("01932c07-4b5e-7a3c-9f21-6d0e5b8a0000");
    EXPECT_EQ(
        ask(ExecuteStepWithCorrelation{step_id(task, 1), foreign}).start,
        StepStart::other_correlation
    );
    EXPECT_EQ(step_states(task), "enqueued pending");
    EXPECT_EQ(ask(ExecuteStepWithCorrelation{step_id(task, 1), own}).start, StepStart::started);
    EXPECT_TRUE(completes(task));
}

TEST_F(WorkerCommands, ExecuteStepFromMessageRunsWhatTheMessagesNameAndClearsTheRest) {
    load_plugin();
    enroll_chain();
    start();
    const auto tasks = submit_many("chain", 2);
    sql().exec("SELECT pgmq.send('steps_queue', '{\"step_uuid\": \"nonsense\"}')");
    sql().value(
        "SELECT pgmq.send('steps_queue', jsonb_build_object('step_uuid', $1::text, "
        "'correlation_id', '01932c07-4b5e-7a3c-9f21-6d0e5b8a0000'))",
        {step_id(tasks[0], 1).to_string()}
    );
    const auto held = read(8);
    ASSERT_THAT(held, SizeIs(4));
    EXPECT_EQ(
        refusal_of(ExecuteStepFromMessage{"other_queue", held}),
        "not_found: this worker does not serve the queue 'other_queue'; messages of it are another "
        "worker's"
    );
    const auto report = ask(ExecuteStepFromMessage{testing::test_queue, held});
    EXPECT_EQ(report.read, 4U);
    EXPECT_EQ(report.processed, 2U);
    EXPECT_EQ(report.archived, 2U) << "the malformed one, and the one with another correlation";
    EXPECT_EQ(report.left + report.stale, 0U);
    // Without an input their handlers fail: what counts is that they ran.
    EXPECT_TRUE(eventually([&] {
        return sql().value(
                   "SELECT count(*) FROM tenon.workflow_step_transitions "
                   "WHERE to_state = 'in_progress'"
               ) == "2";
    }));
    EXPECT_EQ(queued(), "0");
    EXPECT_THAT(
        sql().value("SELECT string_agg(message ->> 'reason', '; ' ORDER BY msg_id) "
                    "FROM pgmq.a_steps_queue"),
        StartsWith("'step_uuid' of the message must be a UUID")
    );
}

TEST_F(WorkerCommands, ExecuteStepFromMessageTakesNoMoreThanThereAreSlots) {
    load_plugin();
    enroll_chain();
    start({}, 1);
    submit_many("chain", 3);
    const auto report = ask(ExecuteStepFromMessage{testing::test_queue, read(3)});
    EXPECT_EQ(report.processed, 1U);
    EXPECT_EQ(report.left, 2U);
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM pgmq.q_steps_queue "
                    "WHERE vt <= clock_timestamp() AND read_ct = 0"),
        "2"
    );
}

TEST_F(WorkerCommands, ExecuteStepFromEventAsksTheQueueOfTheNamespace) {
    load_plugin();
    enroll_chain();
    start({testing::test_namespace});
    const auto task = submit("chain", six);
    EXPECT_FALSE(worker->commands().ask_now(ExecuteStepFromEvent{"elsewhere"}));
    EXPECT_EQ(step_states(task), "enqueued pending");
    EXPECT_TRUE(worker->commands().ask_now(ExecuteStepFromEvent{testing::test_namespace}));
    EXPECT_TRUE(completes(task));
}

TEST_F(WorkerCommands, StepsThatWereLeftToOthersRunOnceTheirPluginIsThere) {
    const auto id = enroll_chain();
    start();
    const auto task = submit("chain", six);
    worker->commands().ask_now(ExecuteStepFromEvent{testing::test_namespace});
    ASSERT_TRUE(eventually([&] { return ask(GetWorkerStatus{}).left_to_others == std::vector{id}; })
    );
    EXPECT_TRUE(eventually([&] { return of_step(task, 1, "s.attempts") == "0"; }))
        << "its attempt does not count";

    auto refresh = ask(RefreshTemplateCache{});
    EXPECT_EQ(refresh.templates, 1U);
    EXPECT_EQ(refresh.unresolved, 1U);
    EXPECT_THAT(refresh.reopened, IsEmpty());
    const auto report = worker->commands().ask_now(GetTemplateReport{});
    ASSERT_THAT(report->templates, SizeIs(1));
    EXPECT_EQ(report->templates[0].reference.to_string(), "steps/chain@1.0.0");
    EXPECT_THAT(
        report->templates[0].unresolved,
        ElementsAre(
            "step linear_step_1: no plugin provides linear::LinearStep1Handler: none is loaded; "
            "load the "
            "plugin that declares it",
            "step linear_step_2: no plugin provides linear::LinearStep2Handler: none is loaded; "
            "load the "
            "plugin that declares it"
        )
    );
    EXPECT_EQ(ask(ExecuteStep{step_id(task, 1)}).start, StepStart::left_to_others);

    load_plugin();
    EXPECT_EQ(
        refusal_of(RefreshTemplateCache{"elsewhere"}),
        "not_found: this worker serves no namespace 'elsewhere'; it serves steps"
    );
    refresh = ask(RefreshTemplateCache{testing::test_namespace});
    EXPECT_EQ(refresh.resolved_again, 1U);
    EXPECT_EQ(refresh.unresolved, 0U);
    EXPECT_TRUE(completes(task)) << "without a bell or a poll";
    EXPECT_THAT(ask(GetWorkerStatus{}).left_to_others, IsEmpty());
}

TEST_F(WorkerCommands, GetTemplateFindsByIdAndByName) {
    load_plugin();
    const auto id = enroll_chain("no::Such");
    start({"elsewhere"});
    const auto known = ask(GetTemplate{id});
    EXPECT_EQ(known->compiled.source().name, "chain");
    EXPECT_FALSE(known->runnable());
    const database::TemplateReference newest{testing::test_namespace, "chain", ""};
    EXPECT_EQ(ask(GetTemplate{newest}), known);
    const database::TemplateReference other{testing::test_namespace, "chain", "9.0.0"};
    EXPECT_EQ(refusal_of(GetTemplate{other}), "not_found: there is no template steps/chain@9.0.0");
}

TEST_F(WorkerCommands, SaysWhatItDoes) {
    load_plugin();
    enroll_chain();
    start();
    submit_many("chain", 2);
    const auto status = ask(GetWorkerStatus{});
    EXPECT_EQ(status.host, host.id());
    EXPECT_TRUE(status.takes_steps);
    EXPECT_EQ(status.slots, 8);
    EXPECT_THAT(
        status.actors,
        ElementsAre(
            "StepExecutorActor",
            "FfiCompletionActor",
            "TemplateCacheActor",
            "DomainEventActor",
            "WorkerStatusActor"
        )
    );
    ASSERT_THAT(status.namespaces, SizeIs(1));
    EXPECT_EQ(status.namespaces[0].name, testing::test_namespace);
    EXPECT_EQ(status.namespaces[0].waiting, 2);
    EXPECT_TRUE(status.namespaces[0].oldest);
    EXPECT_EQ(worker->commands().ask_now(HealthCheck{}).status, HealthStatus::healthy);
    EXPECT_EQ(
        refusal_of(SetEventIntegration{}), "unavailable: the mode of this worker cannot be changed"
    );
    EXPECT_TRUE(worker->commands().ask_now(Shutdown{}));
    EXPECT_FALSE(worker->commands().ask_now(Shutdown{})) << "it is stopping already";
}

TEST_F(WorkerCommands, RefusesEverythingOnceItStopped) {
    load_plugin();
    enroll_chain();
    start({"elsewhere"});
    const auto task = submit("chain", six);
    worker->stop({.soft = 5s, .hard = 1s});
    EXPECT_EQ(refusal_of(ExecuteStep{step_id(task, 1)}), "unavailable: the host is shutting down");
    EXPECT_EQ(step_states(task), "enqueued pending");
}

TEST_F(WorkerCommands, TellsBellsFromPolls) {
    load_plugin();
    enroll_chain();
    start();
    events.start({worker, &worker->commands()});
    events.process_event(ListenerConnected{});
    const auto discovery = [this] {
        return worker->commands().ask_now(GetEventStatus{}).discovery;
    };
    // What it looks for by itself is over first.
    const auto rests = [this] {
        const auto calls = worker->statistics().pump.calls;
        std::this_thread::sleep_for(50ms);
        return calls > 0 && worker->statistics().pump.calls == calls;
    };
    while (!rests()) {
    }
    const auto rung = submit("chain", six);
    events.process_event(
        NotificationHeard{{.channel = "tenon_work", .payload = testing::test_namespace}}
    );
    EXPECT_TRUE(completes(rung));
    EXPECT_EQ(discovery().answered, 1U);
    EXPECT_GT(discovery().answer_time, 0us);
    EXPECT_EQ(discovery().surprises, 0U);

    const auto silent = submit("chain", six);
    worker->commands().ask_now(SetPollIntervals{{.busy = 20ms, .idle = 20ms}});
    EXPECT_TRUE(completes(silent));
    EXPECT_GE(discovery().polls, 1U);
    EXPECT_EQ(discovery().surprises, 1U);
    EXPECT_EQ(discovery().answered, 1U) << "nobody rang for it";
}

}  // namespace
}  // namespace tenon::worker
