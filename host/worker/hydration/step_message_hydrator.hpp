#pragma once

#include "database/step_gateway.hpp"
#include "domain/messages/queue_message.hpp"
#include "foundation/result.hpp"

namespace tenon::worker {

/// Reads messages of `<namespace>_queue`: `{task_uuid, step_uuid, correlation_id}`, a step that
/// waits for a worker. Only `step_uuid` is required; the others must fit it.
class StepMessageHydrator {
public:
    using Content = database::NamedStep;

    Result<database::NamedStep> hydrate(const QueueMessage& message) const;
};

}  // namespace tenon::worker
