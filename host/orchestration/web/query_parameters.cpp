#include "orchestration/web/query_parameters.hpp"

#include "foundation/error.hpp"
#include "foundation/suggestion.hpp"
#include "foundation/utf8.hpp"

#include <algorithm>
#include <charconv>

namespace tenon::orchestration {

namespace {

constexpr std::size_t text_bytes_max = 255;
constexpr std::size_t quoted_bytes_max = 60;

}  // namespace

void allow_only(const HttpRequest& request, std::span<const std::string_view> known) {
    for (const auto& [key, value] : request.query) {
        if (std::ranges::find(known, std::string_view(key)) == known.end()) {
            throw Exception(
                {ErrorCode::invalid_input,
                 "there is no query parameter '" + key.substr(0, quoted_bytes_max) + "'" +
                     did_you_mean(key.substr(0, quoted_bytes_max), known)}
            );
        }
    }
}

std::int32_t integer_parameter(
    const HttpRequest& request,
    std::string_view key,
    const IntegerRange& range
) {
    const auto text = request.query_value(key);
    if (!text) {
        return range.usual;
    }
    std::int32_t number = 0;
    const auto* const end = text->data() + text->size();
    const auto [stop, failure] = std::from_chars(text->data(), end, number);
    if (failure != std::errc{} || stop != end || number < range.least || number > range.most) {
        refuse_query(
            key,
            "an integer from " + std::to_string(range.least) + " to " + std::to_string(range.most),
            *text
        );
    }
    return number;
}

std::string text_parameter(const HttpRequest& request, std::string_view key) {
    const auto text = request.query_value(key).value_or("");
    if (text.size() > text_bytes_max || valid_utf8_prefix(text) != text.size() ||
        text.find('\0') != std::string_view::npos) {
        refuse_query(key, "at most 255 bytes of UTF-8", text);
    }
    return std::string(text);
}

std::string choice_parameter(
    const HttpRequest& request,
    std::string_view key,
    std::span<const std::string_view> choices
) {
    const auto text = request.query_value(key);
    if (!text) {
        return {};
    }
    if (std::ranges::find(choices, *text) == choices.end()) {
        std::string wanted;
        for (const auto choice : choices) {
            wanted += (wanted.empty() ? "" : ", ") + std::string(choice);
        }
        refuse_query(key, "one of " + wanted, *text);
    }
    return std::string(*text);
}

void refuse_query(std::string_view key, std::string_view wanted, std::string_view value) {
    throw Exception(
        {ErrorCode::invalid_input,
         "query parameter '" + std::string(key) + "' must be " + std::string(wanted) + ", not '" +
             std::string(value.substr(0, quoted_bytes_max)) + "'"}
    );
}

}  // namespace tenon::orchestration
