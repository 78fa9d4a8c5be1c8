#pragma once

#include "domain/ids.hpp"
#include "domain/messages/queue_message.hpp"
#include "foundation/result.hpp"

namespace tenon::orchestration {

/// Reads messages of `orchestration_task_finalizations`: the id of a task that may have ended.
class FinalizationHydrator {
public:
    using Content = TaskId;

    Result<TaskId> hydrate(const QueueMessage& message) const;
};

}  // namespace tenon::orchestration
