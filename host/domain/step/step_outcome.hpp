#pragma once

#include "domain/ids.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tenon {

/// Why a handler did not succeed, as the handler (or the host in its place) put it.
struct StepFailure {
    std::string message;            ///< A sentence for people.
    std::string error_type;         ///< Its class, e.g. "PermanentError".
    std::string error_code;         ///< Its code for machines, e.g. "VALIDATION_ERROR".
    std::string context_json;       ///< A JSON object with details, or empty.
    std::optional<bool> retryable;  ///< Unset: the template decides.
    std::optional<std::chrono::milliseconds> retry_after;  ///< Unset: the template's backoff.
};

/// The handler is to be called again, on any host, with the checkpoint that it saved.
struct Yielded {
    bool stalled = false;  ///< The checkpoint is the one that it began with.
};

/// What a handler made of a step: its result as JSON text, or a failure, or a part of the work.
using StepOutcome = std::variant<std::string, StepFailure, Yielded>;

/// A claimed step that goes back to its queue; its attempt does not count.
struct GivenBack {
    enum class Reason : std::uint8_t {
        unstarted,  ///< Its handler did not begin.
        shutdown,   ///< Its handler stopped because its host goes,
        reload,     ///< or because there is a newer build of it.
    };

    Reason reason = Reason::unstarted;
};

/// One attempt at one step, by its raw number: the fencing token.
struct StepAttempt {
    TaskId task;
    StepNo step_no = 0;
    std::int32_t attempt = 0;
};

/// The result of a direct dependency, as raw JSON text.
struct DependencyResult {
    StepNo step_no = 0;
    std::string json;
};

/// One attempt at one step, claimed for this host: everything its handler needs that the cached
/// template does not already say.
struct ClaimedStep {
    TaskId task;
    StepNo step_no = 0;
    std::int32_t attempt = 0;  ///< From 1; with the host's id it is the fencing token.
    std::int32_t yields = 0;   ///< How many of the attempts before ended at a checkpoint.
    std::int32_t stalls = 0;   ///< How many of the latest yields in a row saved nothing new.
    TemplateId template_id{};
    CorrelationId correlation;
    std::string context_json;  ///< The task's context, a JSON object.
    std::vector<DependencyResult> dependencies;
    std::string checkpoint_json;  ///< Where to take up the work; empty: at the beginning.
    std::chrono::steady_clock::time_point asked_at{};  ///< When the call that claimed it was sent.

    /// The attempt as people and handlers count it: to yield costs none.
    std::int32_t shown_attempt() const noexcept { return attempt - yields; }
};

/// What the database is told of an attempt.
using SettledOutcome = std::variant<std::string, StepFailure, Yielded, GivenBack>;

/// An attempt that ended, on its way to the database.
struct SettledStep {
    TaskId task;
    StepNo step_no = 0;
    std::int32_t attempt = 0;
    SettledOutcome outcome;
    std::chrono::microseconds execution_time{};  ///< Wall time inside the handler.
    std::int32_t generation = 0;                 ///< Of the plugin that ran it; 0: none did.
    /// What the handler wants said, a JSON array of {name, payload}, or nothing. Given a value, so
    /// that designated initializers may leave it out.
    // NOLINTNEXTLINE(readability-redundant-member-init)
    std::string events_json{};
};

}  // namespace tenon
