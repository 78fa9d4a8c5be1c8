// What the worker's actor layer adds to a command on the hot path, and how many events a second go
// through it, from a bell to the queue that is to be asked. The program fails beyond a microsecond
// a command, and below ten thousand events a second.

#include "worker/actors/ffi_completion_actor.hpp"
#include "worker/commands/command_processor.hpp"
#include "worker/event_systems/worker_event_system.hpp"
#include "worker/services/completion/result_sender.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <limits>
#include <memory>

namespace tenon::worker {
namespace {

using Clock = std::chrono::steady_clock;
using Nanoseconds = std::chrono::duration<double, std::nano>;

constexpr Nanoseconds bound(1000);
constexpr double events_per_second_min = 10'000;
constexpr int calls = 1000;
constexpr int rounds = 200;

const auto step = step_id(TaskId::parse("01932c07-4b5e-7a3c-9f21-6d0e5b8a0000"), 1);

SettledStep settled() {
    return {
        .task = task_of(step),
        .step_no = 1,
        .attempt = 1,
        .outcome = std::string("42"),
        .execution_time = {}
    };
}

/// The shortest of many rounds, for one call: what disturbs a round only makes it longer. Between
/// rounds the inbox is emptied.
template <class Call>
Nanoseconds shortest(Call call) {
    auto best = Nanoseconds(std::numeric_limits<double>::max());
    for (int i = 0; i < rounds; ++i) {
        StepInbox inbox(calls, calls);
        ResultSender sender(inbox);
        FfiCompletionActor actor(sender);
        WorkerCommandProcessor commands({});
        commands.connect(actor);
        const auto begun = Clock::now();
        for (int j = 0; j < calls; ++j) {
            call(actor, commands);
        }
        best = std::min<Nanoseconds>(best, (Clock::now() - begun) / static_cast<double>(calls));
    }
    return best;
}

bool costs_at_most_a_microsecond() {
    const auto without = shortest([](auto& actor, auto& /*commands*/) {
        actor.handle(ProcessStepCompletion{step, settled()});
    });
    const auto with = shortest([](auto& /*actor*/, auto& commands) {
        commands.ask_now(ProcessStepCompletion{step, settled()});
    });
    const auto overhead = with - without;
    std::cout << "the actor layer adds " << overhead.count() << " ns to a completion of "
              << without.count() << " ns (bound " << bound.count() << ")\n";
    return overhead <= bound;
}

/// Hints at the queue, as StepExecutorActor does for a namespace that it knows.
class Hinting {
public:
    explicit Hinting(StepInbox& inbox) : inbox_(inbox) {}

    bool handle(ExecuteStepFromEvent command) {
        return inbox_.hint(command.namespace_name + "_queue");
    }

    std::monostate handle(SetPollIntervals command) {
        inbox_.set_poll_intervals(command.intervals);
        return {};
    }

private:
    StepInbox& inbox_;
};

bool handles_ten_thousand_events_a_second() {
    StepInbox inbox(8, 8);
    inbox.set_queues({"shop_queue"});
    Hinting actor(inbox);
    const auto commands =
        std::make_shared<WorkerCommandProcessor>(WorkerCommandProcessor::Options{});
    commands->connect(actor);
    WorkerEventSystem events({.mode = DeploymentMode::hybrid, .poll_interval = std::nullopt});
    events.start(commands);
    const WorkerEvent bell = NotificationHeard{{.channel = "tenon_work", .payload = "shop"}};
    constexpr int count = 200'000;
    const auto begun = Clock::now();
    for (int i = 0; i < count; ++i) {
        events.process_event(bell);
    }
    const std::chrono::duration<double> took = Clock::now() - begun;
    const auto seen = events.statistics();
    events.stop();
    const auto rate = count / took.count();
    std::cout << rate << " events a second (at least " << events_per_second_min << ")\n";
    return rate >= events_per_second_min && seen.work == count && seen.failed == 0;
}

}  // namespace
}  // namespace tenon::worker

int main() {
    const bool quick = tenon::worker::costs_at_most_a_microsecond();
    const bool many = tenon::worker::handles_ten_thousand_events_a_second();
    return quick && many ? 0 : 1;
}
