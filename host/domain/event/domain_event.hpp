#pragma once

#include "domain/event/event_declaration.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon {

/// An event that was published: what settled is committed.
struct DomainEvent {
    DeliveryMode mode = DeliveryMode::durable;
    std::int64_t message = 0;  ///< Its number on the queue of its namespace; 0: on none.
    std::string namespace_name;
    std::string name;
    std::string document_json;  ///< All of it, on one line; see docs/events.md.
};

/// An event as the database reports it to the process that settled its step,
/// `<mode> <message> <namespace> <name> <document>`; nothing when `text` is not of that form.
std::optional<DomainEvent> parse_published(std::string_view text);

}  // namespace tenon
