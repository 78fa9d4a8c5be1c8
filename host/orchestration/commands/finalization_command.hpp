#pragma once

#include "domain/ids.hpp"
#include "domain/messages/batch_report.hpp"
#include "domain/messages/queue_message.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::orchestration {

/// End a task if all its steps have come to rest.
struct FinalizeTask {
    using Reply = BatchReport;
    static constexpr std::string_view name = "FinalizeTask";

    TaskId task;
};

/// The same for the tasks that these messages name.
struct FinalizeTaskFromMessage {
    using Reply = BatchReport;
    static constexpr std::string_view name = "FinalizeTaskFromMessage";

    std::vector<QueueMessage> messages;
};

/// There are tasks on the queue of finalizations: end them until it is empty.
struct FinalizeTaskFromEvent {
    using Reply = BatchReport;
    static constexpr std::string_view name = "FinalizeTaskFromEvent";
};

/// Move what has ended to history.
struct ArchiveTasks {
    using Reply = std::int64_t;  ///< How many tasks were moved.
    static constexpr std::string_view name = "ArchiveTasks";
};

/// Put the history of tasks that are over in order.
struct MaintainHistory {
    using Reply = std::string;  ///< A report, a JSON object.
    static constexpr std::string_view name = "MaintainHistory";
};

}  // namespace tenon::orchestration
