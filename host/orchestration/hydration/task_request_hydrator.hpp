#pragma once

#include "domain/messages/queue_message.hpp"
#include "domain/messages/task_request.hpp"
#include "foundation/result.hpp"

namespace tenon::orchestration {

/// Reads messages of `orchestration_task_requests`: the fields of `POST /v1/tasks`, bare or in an
/// envelope `{request_id, task_request, metadata}`. `requester` and `priority` of the metadata
/// count where the request itself says nothing.
class TaskRequestHydrator {
public:
    using Content = TaskRequest;

    Result<TaskRequest> hydrate(const QueueMessage& message) const;
};

}  // namespace tenon::orchestration
