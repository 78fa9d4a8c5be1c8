#include "app/events/stream_position.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::app {
namespace {

constexpr std::size_t namespace_bytes = 29;
constexpr std::size_t shown_bytes = 80;

Error malformed(std::string_view text) {
    return {
        ErrorCode::invalid_input,
        "Last-Event-ID must be the id of an event such as orders:12,payments:7 but is '" +
            std::string(text.substr(0, shown_bytes)) + "'"
    };
}

}  // namespace

bool is_namespace(std::string_view text) noexcept {
    const auto small = [](char c) { return c >= 'a' && c <= 'z'; };
    return !text.empty() && text.size() <= namespace_bytes && small(text.front()) &&
           std::ranges::all_of(text, [&](char c) {
               return small(c) || (c >= '0' && c <= '9') || c == '_';
           });
}

std::string to_text(const StreamPosition& position) {
    std::string text;
    for (const auto& [name, number] : position) {
        text += (text.empty() ? "" : ",") + name + ':' + std::to_string(number);
    }
    return text;
}

Result<StreamPosition> parse_stream_position(std::string_view text) {
    StreamPosition position;
    for (auto rest = text; !rest.empty();) {
        const auto end = std::min(rest.find(','), rest.size());
        const auto entry = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const auto colon = std::min(entry.find(':'), entry.size());
        const auto name = entry.substr(0, colon);
        const auto digits = entry.substr(std::min(colon + 1, entry.size()));
        std::int64_t number = -1;
        const auto* const last = digits.data() + digits.size();
        const auto parsed = std::from_chars(digits.data(), last, number);
        if (!is_namespace(name) || parsed.ec != std::errc{} || parsed.ptr != last || number < 0) {
            return malformed(text);
        }
        position[std::string(name)] = number;
    }
    return position;
}

}  // namespace tenon::app
