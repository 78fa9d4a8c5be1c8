#pragma once

#include "domain/messages/intervention.hpp"
#include "foundation/result.hpp"

#include <string>
#include <string_view>

namespace tenon::orchestration {

/// What the body of `PATCH /v1/tasks/{uuid}/workflow_steps/{step}` asks for.
struct StepRepairBody {
    StepAction action = StepAction::reset_for_retry;
    std::string result_json{};  ///< Of `complete_manually`, as it was sent.
    Intervention intervention{};
};

/// What the body of `PATCH /v1/dlq/entry/{uuid}` asks for.
struct DeadLetterBody {
    ResolutionStatus status = ResolutionStatus::pending;
    Intervention intervention{};  ///< Its reason is what is noted.
};

/// `{reason, by}`, both of which may be left out, as may the body.
Result<Intervention> parse_intervention(std::string_view body);

/// `{action_type, reason}` and who did it, in `reset_by`, `resolved_by` or `completed_by`;
/// `complete_manually` also needs `completion_data: {result}`.
Result<StepRepairBody> parse_step_repair(std::string_view body);

/// `{resolution_status, resolution_notes, resolved_by}`; only the first is required.
Result<DeadLetterBody> parse_dead_letter_update(std::string_view body);

/// `{notes, by}`, both of which may be left out, as may the body.
Result<Intervention> parse_dead_letter_note(std::string_view body);

}  // namespace tenon::orchestration
