#include "plugin_host/runner/runner_pool.hpp"

#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <poll.h>
#include <thread>
#include <utility>

namespace tenon::plugin_host {
namespace {

// One more than calls run, so that the next one finds it ready.
constexpr std::size_t reserve = 1;

// So many crashes in a row are answered at once; after that each new start waits longer.
constexpr int free_crashes = 3;
constexpr std::chrono::milliseconds first_pause{20};
constexpr std::chrono::milliseconds longest_pause{5000};
constexpr std::chrono::milliseconds glance{20};

// What is read waits so long in the kernel before anybody looks for a request to stop: short calls
// pay for no such look.
constexpr std::chrono::milliseconds first_wait{5};

// Memory is looked at after every so many calls.
constexpr std::uint16_t calls_between_looks = 16;

constexpr std::chrono::milliseconds short_patience{1000};

// Of a pool that goes without having been ended: for the builds to be wound down.
constexpr std::chrono::milliseconds last_patience{200};

std::chrono::milliseconds pause_after(int crashes) {
    if (crashes <= free_crashes) {
        return std::chrono::milliseconds(0);
    }
    const auto doublings = std::min(crashes - free_crashes - 1, 8);
    return std::min(first_pause * (1 << doublings), longest_pause);
}

bool cancelled(const CallServices* services) {
    return services != nullptr && services->cancel_reason() != TENON_NOT_CANCELLED;
}

}  // namespace

RunnerPool::RunnerPool(
    RunnerOptions options,
    LoadMessage load,
    std::string plugin_id,
    PluginLog log,
    std::shared_ptr<RunnerSupervisor> supervisor
)
    : options_(std::move(options)),
      load_(std::move(load)),
      plugin_id_(std::move(plugin_id)),
      log_(std::move(log)),
      supervisor_(std::move(supervisor)) {
    supervisor_->join(*this);
}

RunnerPool::~RunnerPool() {
    supervisor_->leave(*this);
    end(last_patience);
}

Result<HelloMessage> RunnerPool::open() {
    auto runner = begin(supervisor_->start(options_.program, plugin_id_, log_));
    auto hello = hear_hello(runner, nullptr);
    if (!hello) {
        see_off(std::move(runner), std::chrono::milliseconds(0));
        return hello;
    }
    if (!hello->unconfined.empty()) {
        log::warning("plugins", plugin_id_ + ": " + hello->unconfined);
    }
    hello_ = *hello;
    runner.greeted = true;
    give_back(std::move(runner));
    return hello;
}

// Whatever goes wrong with this write shows when its hello is read.
Runner RunnerPool::begin(std::unique_ptr<RunnerProcess> process) {
    Runner runner{.process = std::move(process)};
    roster_->enter(runner.process->pid());
    if (const auto frame = write_load(runner.buffer, load_)) {
        runner.process->socket().send(*frame, [](int, short) { return false; });
    }
    runner.process->socket().set_patience(first_wait);
    return runner;
}

Result<HelloMessage> RunnerPool::hear_hello(Runner& runner, const CallServices* services) const {
    const auto deadline = Clock::now() + options_.start_limit;
    auto& process = *runner.process;
    Frame frame;
    const auto received = process.socket().receive(frame, [&](int, short) {
        return Clock::now() < deadline && !cancelled(services);
    });
    if (received == FrameSocket::Outcome::done && frame.header.type == FrameType::refused) {
        const auto refused = read_refused(frame.payload);
        return refused.value_or(Error{ErrorCode::plugin_failure, "gave no reason to be refused"});
    }
    if (received == FrameSocket::Outcome::done && frame.header.type == FrameType::hello) {
        if (auto hello = read_hello(frame.payload)) {
            return *std::move(hello);
        }
    }
    if (received == FrameSocket::Outcome::given_up) {
        return Error{
            ErrorCode::deadline_exceeded,
            fmt::format("had not started in its runner after {} ms", options_.start_limit.count())
        };
    }
    process.signal(received == FrameSocket::Outcome::closed ? 0 : SIGKILL);
    const auto ending = process.wait(short_patience);
    process.output()->drain();
    const auto words = process.output()->last_words();
    return Error{
        ErrorCode::plugin_failure,
        fmt::format(
            "ended its runner while it started: {}{}{}",
            ending ? ending->text() : "it closed its connection to the host",
            words.empty() ? "" : "; it wrote: ",
            words
        )
    };
}

Result<void> RunnerPool::greet(Runner& runner, const CallServices* services) const {
    if (runner.greeted) {
        return {};
    }
    const auto hello = hear_hello(runner, services);
    if (!hello) {
        return hello.error();
    }
    if (*hello != hello_) {
        return Error{
            ErrorCode::plugin_failure, "declares other handlers in one runner than in another"
        };
    }
    runner.greeted = true;
    return {};
}

Result<Runner> RunnerPool::take(const CallServices* services) {
    while (auto idle = take_idle()) {
        if (idle->process->wait(std::chrono::milliseconds(0))) {
            log::warning("plugins", plugin_id_ + ": a runner ended while it had nothing to do");
            note_crash();
            see_off(*std::move(idle), std::chrono::milliseconds(0));
            continue;
        }
        if (greet(*idle, services)) {
            return *std::move(idle);
        }
        note_crash();
        see_off(*std::move(idle), std::chrono::milliseconds(0));
    }
    if (!wait_for_turn(services)) {
        return Error{ErrorCode::unavailable, "it was asked to stop before a runner had started"};
    }
    try {
        auto runner = begin(supervisor_->start(options_.program, plugin_id_, log_));
        if (const auto greeted = greet(runner, services); !greeted) {
            note_crash();
            see_off(std::move(runner), std::chrono::milliseconds(0));
            return greeted.error();
        }
        return runner;
    } catch (const Exception& error) {
        return Error{error.code(), error.what()};
    }
}

std::optional<Runner> RunnerPool::take_idle() {
    std::optional<Runner> taken;
    bool wants_more = false;
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            taken = std::move(idle_.back());
            idle_.pop_back();
        }
        wants_more = idle_.size() < reserve && !ended_ && Clock::now() >= not_before_ &&
                     !std::exchange(stocking_, true);
    }
    if (wants_more) {
        supervisor_->wants_stock(*this);
    }
    return taken;
}

// After crashes in a row, a new runner has to wait; a request to stop ends the wait.
bool RunnerPool::wait_for_turn(const CallServices* services) {
    while (!cancelled(services)) {
        const auto now = Clock::now();
        Clock::time_point until;
        {
            const std::lock_guard lock(mutex_);
            if (ended_) {
                return false;
            }
            until = not_before_;
        }
        if (now >= until) {
            return true;
        }
        std::this_thread::sleep_for(std::min<Clock::duration>(until - now, glance));
    }
    return false;
}

void RunnerPool::give_back(Runner runner) {
    const bool look = runner.calls % calls_between_looks == calls_between_looks - 1;
    if (look && runner.process->resident_bytes() > options_.recycle_bytes) {
        log::info("plugins", plugin_id_ + ": a runner that held too much memory is replaced");
        see_off(std::move(runner), short_patience);
        return;
    }
    runner.idle_since = Clock::now();
    bool surplus = false;
    {
        const std::lock_guard lock(mutex_);
        crashes_ = 0;
        not_before_ = {};
        idle_.push_back(std::move(runner));
        surplus = idle_.size() == reserve + 1;
    }
    if (surplus) {
        supervisor_->wants_trim();
    }
}

void RunnerPool::lose(Runner runner) {
    note_crash();
    runner.process->signal(SIGKILL);
    // It is gone at once, unless the kernel has something to finish for it first.
    runner.process->wait(short_patience);
    see_off(std::move(runner), std::chrono::milliseconds(0));
    bool wants_more = false;
    {
        const std::lock_guard lock(mutex_);
        wants_more = idle_.size() < reserve && !ended_ && Clock::now() >= not_before_ &&
                     !std::exchange(stocking_, true);
    }
    if (wants_more) {
        supervisor_->wants_stock(*this);
    }
}

void RunnerPool::note_crash() {
    roster_->crashed();
    const std::lock_guard lock(mutex_);
    ++crashes_;
    not_before_ = Clock::now() + pause_after(crashes_);
}

void RunnerPool::see_off(Runner runner, std::chrono::milliseconds patience) {
    roster_->leave(runner.process->pid());
    if (runner.process->wait(std::chrono::milliseconds(0))) {
        return;  // It is reaped, and nobody has to wait for it.
    }
    supervisor_->see_off(std::move(runner.process), patience);
}

void RunnerPool::end(std::chrono::milliseconds patience) {
    std::vector<Runner> runners;
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        runners.swap(idle_);
    }
    std::vector<std::future<void>> gone;
    gone.reserve(runners.size());
    for (auto& runner : runners) {
        roster_->leave(runner.process->pid());
        gone.push_back(supervisor_->see_off(std::move(runner.process), patience));
    }
    for (auto& each : gone) {
        each.wait();
    }
}

void RunnerPool::stock_up() {
    {
        const std::lock_guard lock(mutex_);
        stocking_ = false;
        if (ended_ || idle_.size() >= reserve) {
            return;
        }
    }
    auto runner = begin(supervisor_->start_here(options_.program, plugin_id_, log_));
    runner.idle_since = Clock::now();
    const std::lock_guard lock(mutex_);
    // The last to be used. Where the pool ends meanwhile, it goes with the pool.
    idle_.insert(idle_.begin(), std::move(runner));
}

bool RunnerPool::trim() {
    std::vector<Runner> surplus;
    bool more = false;
    {
        const std::lock_guard lock(mutex_);
        const auto until = Clock::now() - options_.idle_limit;
        while (idle_.size() > reserve && idle_.front().idle_since <= until) {
            surplus.push_back(std::move(idle_.front()));
            idle_.erase(idle_.begin());
        }
        more = idle_.size() > reserve;
    }
    for (auto& runner : surplus) {
        see_off(std::move(runner), short_patience);
    }
    return more;
}

}  // namespace tenon::plugin_host
