#pragma once

#include "domain/messages/queue_message.hpp"
#include "domain/messages/step_result.hpp"
#include "foundation/result.hpp"

namespace tenon::orchestration {

/// Reads messages of `orchestration_step_results`: ids only, when a host's worker has stored the
/// outcome in the step's row, or the whole outcome, from a worker that speaks nothing but PGMQ. A
/// result keeps the text it came as.
class StepResultHydrator {
public:
    using Content = StepResult;

    Result<StepResult> hydrate(const QueueMessage& message) const;
};

}  // namespace tenon::orchestration
