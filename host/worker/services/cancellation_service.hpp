#pragma once

#include "database/repositories/step_repository.hpp"
#include "domain/ids.hpp"
#include "worker/dispatch/handler_pool.hpp"
#include "worker/dispatch/running_steps.hpp"
#include "worker/services/step_inbox.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <thread>

namespace tenon::worker {

/// Brings requests to stop to the handlers they are meant for: of a cancelled task, of a time limit
/// that ran out, of a newer build, of a host that goes. [any-thread]
///
/// A cancelled task is heard of by notification. While nobody listens, a thread asks the database
/// every `ask_interval`, but only while some handler has run for longer than that: a worker of
/// quick steps never asks, and an idle one sleeps without a timer.
class CancellationService {
public:
    struct Options {
        std::chrono::milliseconds ask_interval{50};
        /// How long a handler may take to notice that its time is up, before it is given up.
        std::chrono::milliseconds grace{5000};
        /// How long one may go on after a newer build of its plugin became active, before it is
        /// asked to stop; unset: without limit.
        std::optional<std::chrono::milliseconds> reload = std::chrono::minutes(1);
    };

    /// True while a notification would be heard.
    using Listening = std::function<bool()>;

    /// Settles a step in place of its handler, which goes on; false when it is settled already.
    using SettleInstead = std::function<bool(SettledStep)>;

    struct Needs {
        RunningSteps& running;
        HandlerPool& handlers;
        StepInbox& inbox;
        database::StepRepository& steps;
        SettleInstead settle_instead;
    };

    CancellationService(Options options, Needs needs);
    ~CancellationService();
    CancellationService(const CancellationService&) = delete;
    CancellationService& operator=(const CancellationService&) = delete;

    /// Begins to watch. [setup]
    void start(Listening listening);

    /// The task was cancelled: its running handlers are asked to stop, and its steps that have not
    /// begun go back.
    void cancel(TaskId task);

    /// Asks the database once, whatever was heard: for the moment after a listener connected.
    void look();

    void stop();

private:
    using Clock = RunningSteps::Clock;

    void run();
    void enforce_limits();
    bool should_ask() const;

    const Options options_;
    const Needs needs_;
    Listening listening_;
    Clock::time_point last_question_;
    std::thread thread_;
};

}  // namespace tenon::worker
