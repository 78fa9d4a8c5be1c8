#include "domain/event/event_pattern.hpp"

#include "domain/event/event_declaration.hpp"

#include <fmt/format.h>

namespace tenon {
namespace {

constexpr std::string_view rest = ".*";

}  // namespace

Result<EventPattern> EventPattern::parse(std::string_view text) {
    const auto name = text.ends_with(rest) ? text.substr(0, text.size() - rest.size()) : text;
    if (text != "*" && !is_event_name(name)) {
        return Error{
            ErrorCode::invalid_input,
            fmt::format(
                "'{}' is no pattern of events; write *, payment.* or payment.charged",
                text.substr(0, event_name_bytes)
            )
        };
    }
    return EventPattern(text);
}

bool EventPattern::matches(std::string_view name) const noexcept {
    const std::string_view pattern(text_);
    if (pattern == "*") {
        return true;
    }
    return pattern.ends_with(rest) ? name.starts_with(pattern.substr(0, pattern.size() - 1))
                                   : name == pattern;
}

}  // namespace tenon
