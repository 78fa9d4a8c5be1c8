#pragma once

#include "domain/messages/batch_report.hpp"
#include "domain/messages/queue_message.hpp"
#include "domain/messages/step_result.hpp"

#include <string_view>
#include <vector>

namespace tenon::orchestration {

/// Settle a step by what came of it.
struct ProcessStepResult {
    using Reply = BatchReport;
    static constexpr std::string_view name = "ProcessStepResult";

    StepResult result;
};

/// Settle the steps that these messages speak of.
struct ProcessStepResultFromMessage {
    using Reply = BatchReport;
    static constexpr std::string_view name = "ProcessStepResultFromMessage";

    std::vector<QueueMessage> messages;
};

/// There are results on their queue: settle steps until it is empty.
struct ProcessStepResultFromEvent {
    using Reply = BatchReport;
    static constexpr std::string_view name = "ProcessStepResultFromEvent";
};

}  // namespace tenon::orchestration
