#pragma once

#include "domain/event/event_declaration.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// How the delay before the next attempt grows with the number of attempts made.
enum class Backoff : std::uint8_t { none, linear, exponential, fibonacci };

std::string_view to_string(Backoff backoff) noexcept;

/// The backoff that is written as `text`, if it is one.
std::optional<Backoff> parse_backoff(std::string_view text) noexcept;

/// When a second request for a task is the same as the first, beyond the idempotency key that a
/// request may always carry.
enum class IdentityStrategy : std::uint8_t {
    always_unique,    ///< Never: every request makes a task.
    strict,           ///< When it asks for the same template with an equal context.
    caller_provided,  ///< By its idempotency key alone, which it must carry.
};

std::string_view to_string(IdentityStrategy strategy) noexcept;

/// The strategy that is written as `text`, if it is one.
std::optional<IdentityStrategy> parse_identity_strategy(std::string_view text) noexcept;

/// What happens to a task that exceeds a limit of its lifecycle.
enum class StalenessAction : std::uint8_t {
    dlq,    ///< It becomes a dead letter to look into, and goes on.
    error,  ///< It becomes a dead letter, its open steps fail, and it ends in error.
    none,   ///< Nothing.
};

std::string_view to_string(StalenessAction action) noexcept;

/// The action that is written as `text`, if it is one.
std::optional<StalenessAction> parse_staleness_action(std::string_view text) noexcept;

/// How long a task may take as a whole and wait in one state. A limit that is not set never ends.
struct Lifecycle {
    using Limit = std::optional<std::chrono::minutes>;

    Limit max_duration = std::nullopt;
    Limit max_waiting_for_dependencies = std::nullopt;
    Limit max_waiting_for_retry = std::nullopt;
    Limit max_steps_in_process = std::nullopt;
    StalenessAction staleness_action = StalenessAction::dlq;

    bool operator==(const Lifecycle&) const = default;
};

/// When a failed step is tried again.
struct RetryPolicy {
    bool retryable = true;
    std::int32_t max_attempts = 3;  ///< Total attempts; 0 and 1 both mean: once.
    Backoff backoff = Backoff::exponential;
    std::chrono::milliseconds backoff_base{1000};
    std::chrono::milliseconds max_backoff{30000};
    /// Types and codes of failures that are final; sorted. Given a value, so that designated
    /// initializers may leave it out.
    // NOLINTNEXTLINE(readability-redundant-member-init)
    std::vector<std::string> non_retryable{};
};

/// One step of a template, as its author wrote it.
struct StepTemplate {
    std::string name;
    std::string description;
    std::string callable;                    ///< E.g. "linear::LinearStep1Handler".
    std::string method = "call";             ///< Entry of a handler with several methods.
    std::string resolver;                    ///< Hint for the resolver chain, or empty.
    std::string initialization_json = "{}";  ///< Handed to the handler unread; an object.
    std::vector<std::string> dependencies;   ///< Names of steps of the same template.
    RetryPolicy retry;
    std::chrono::seconds timeout{30};
    std::vector<EventDeclaration> events;  ///< What it publishes, in the author's order.
    std::chrono::seconds max_runtime{0};   ///< Of one call, whatever its heartbeats; 0: no limit.
    std::string reserved_json = "{}";      ///< Keys that this version keeps but does not act upon.
};

/// A versioned workflow definition. Immutable once registered.
struct TaskTemplate {
    std::string namespace_name;
    std::string name;
    std::string version;  ///< Semantic version x.y.z.
    std::string description;
    std::string metadata_json = "{}";
    std::string input_schema_json;  ///< JSON Schema of the task's context, or empty.
    IdentityStrategy identity_strategy = IdentityStrategy::always_unique;
    Lifecycle lifecycle;
    std::vector<StepTemplate> steps;   ///< In the author's order.
    std::string reserved_json = "{}";  ///< Keys that this version keeps but does not act upon.
};

}  // namespace tenon
