#pragma once

#include "domain/ids.hpp"
#include "domain/messages/batch_report.hpp"
#include "domain/messages/queue_message.hpp"
#include "domain/step/step_outcome.hpp"
#include "worker/dispatch/poll_intervals.hpp"
#include "worker/services/step_execution/step_start.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tenon::worker {

/// Run these steps, which were claimed for this host. All other forms end here. Answered at once.
struct ExecuteSteps {
    using Reply = std::size_t;  ///< How many will run; the rest went back to their queues.
    static constexpr std::string_view name = "ExecuteSteps";

    std::vector<ClaimedStep> steps;
};

/// Run this step here if it waits for a worker. The answer comes when it is claimed.
struct ExecuteStep {
    using Reply = StartedStep;
    static constexpr std::string_view name = "ExecuteStep";

    StepId step;
};

/// The same, unless the correlation id of the step's task is another one.
struct ExecuteStepWithCorrelation {
    using Reply = StartedStep;
    static constexpr std::string_view name = "ExecuteStepWithCorrelation";

    StepId step;
    CorrelationId correlation;
};

/// Run the steps that these messages of a namespace's queue name, which somebody read there: as
/// many as there are free slots for, in one claim. Messages of steps that do not wait any more are
/// deleted, those that had no room go back to their place, and malformed ones are archived.
struct ExecuteStepFromMessage {
    using Reply = BatchReport;
    static constexpr std::string_view name = "ExecuteStepFromMessage";

    std::string queue;
    std::vector<QueueMessage> messages;
};

/// A namespace may have steps: ask its queue. Answered at once; the steps come by themselves.
struct ExecuteStepFromEvent {
    using Reply = bool;  ///< False when this worker does not serve the namespace.
    static constexpr std::string_view name = "ExecuteStepFromEvent";

    std::string namespace_name;
};

/// Something may have been missed: ask every queue, look for new ones, and for tasks that were
/// cancelled while their handlers run. Blocks; answered at once.
struct LookForWork {
    using Reply = std::monostate;
    static constexpr std::string_view name = "LookForWork";
};

/// This task was cancelled: ask its handlers to stop, and give back its steps that have not begun.
/// Answered at once.
struct CancelSteps {
    using Reply = std::monostate;
    static constexpr std::string_view name = "CancelSteps";

    TaskId task;
};

/// Look this often for work that nobody announced, from now on. Answered at once.
struct SetPollIntervals {
    using Reply = std::monostate;
    static constexpr std::string_view name = "SetPollIntervals";

    PollIntervals intervals;
};

}  // namespace tenon::worker
