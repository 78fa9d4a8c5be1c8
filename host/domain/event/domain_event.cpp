#include "domain/event/domain_event.hpp"

#include <charconv>

namespace tenon {
namespace {

/// The text before the next blank, which it takes away with it.
std::string_view take_word(std::string_view& text) {
    const auto end = text.find(' ');
    const auto word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

}  // namespace

std::optional<DomainEvent> parse_published(std::string_view text) {
    const auto mode = parse_delivery_mode(take_word(text));
    const auto digits = take_word(text);
    DomainEvent event;
    const auto* const end = digits.data() + digits.size();
    const auto parsed = std::from_chars(digits.data(), end, event.message);
    event.namespace_name = take_word(text);
    event.name = take_word(text);
    if (!mode || parsed.ec != std::errc{} || parsed.ptr != end || text.empty()) {
        return std::nullopt;
    }
    event.mode = *mode;
    event.document_json = text;
    return event;
}

}  // namespace tenon
