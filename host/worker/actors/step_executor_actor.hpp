#pragma once

#include "worker/commands/step_execution_command.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace tenon::worker {

namespace asio = boost::asio;

class CancellationService;
class QueueWatch;
class StepExecutorService;
class StepInbox;

/// Owns the start of steps, the search for them, and the request to stop. [any-thread]
class StepExecutorActor {
public:
    /// All must outlive the actor.
    struct Needs {
        StepExecutorService& execution;
        CancellationService& cancellation;
        QueueWatch& queues;
        StepInbox& inbox;
    };

    explicit StepExecutorActor(const Needs& needs) : needs_(needs) {}

    static std::string_view name() noexcept { return "StepExecutorActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    std::size_t handle(ExecuteSteps command);
    asio::awaitable<StartedStep> handle(ExecuteStep command);
    asio::awaitable<StartedStep> handle(ExecuteStepWithCorrelation command);
    asio::awaitable<BatchReport> handle(ExecuteStepFromMessage command);
    bool handle(ExecuteStepFromEvent command);
    std::monostate handle(LookForWork command);
    std::monostate handle(CancelSteps command);
    std::monostate handle(SetPollIntervals command);

private:
    const Needs needs_;
};

}  // namespace tenon::worker
