#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon {

/// How an event leaves the transaction that settles its step.
enum class DeliveryMode : std::uint8_t {
    durable,    ///< A row on the queue of its namespace, in the same commit.
    fast,       ///< To subscribers of the process that settles the step; never stored.
    broadcast,  ///< The row, and to the subscribers of every host.
};

std::string_view to_string(DeliveryMode mode) noexcept;

/// The mode that is written as `text`, if it is one.
std::optional<DeliveryMode> parse_delivery_mode(std::string_view text) noexcept;

/// How an attempt must have ended for its event to be published.
enum class EventCondition : std::uint8_t {
    success,
    failure,            ///< Either of the two below.
    retryable_failure,  ///< It failed and is tried again.
    permanent_failure,  ///< It failed and is not.
    always,
};

std::string_view to_string(EventCondition condition) noexcept;

/// The condition that is written as `text`, if it is one.
std::optional<EventCondition> parse_event_condition(std::string_view text) noexcept;

/// An event that a step publishes, as the author of its template declared it.
struct EventDeclaration {
    std::string name;         ///< E.g. "payment.charged".
    std::string description;  ///< For people.
    std::string schema_json;  ///< JSON Schema of what is said, or empty.
    DeliveryMode delivery_mode = DeliveryMode::durable;
    EventCondition condition = EventCondition::success;
};

inline constexpr std::size_t event_name_bytes = 200;

/// Whether `text` may name an event: words of small letters, digits, '_' and '-' that are separated
/// by single dots.
bool is_event_name(std::string_view text) noexcept;

}  // namespace tenon
