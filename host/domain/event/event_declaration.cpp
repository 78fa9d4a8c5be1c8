#include "domain/event/event_declaration.hpp"

#include <algorithm>
#include <initializer_list>

namespace tenon {
namespace {

template <class Choice>
std::optional<Choice> choice_named(
    std::string_view text,
    std::initializer_list<Choice> choices
) noexcept {
    for (const auto choice : choices) {
        if (to_string(choice) == text) {
            return choice;
        }
    }
    return std::nullopt;
}

bool is_word_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

std::string_view to_string(DeliveryMode mode) noexcept {
    switch (mode) {
        case DeliveryMode::durable: return "durable";
        case DeliveryMode::fast: return "fast";
        case DeliveryMode::broadcast: return "broadcast";
    }
    return "unknown";
}

std::optional<DeliveryMode> parse_delivery_mode(std::string_view text) noexcept {
    using enum DeliveryMode;
    return choice_named(text, {durable, fast, broadcast});
}

std::string_view to_string(EventCondition condition) noexcept {
    switch (condition) {
        case EventCondition::success: return "success";
        case EventCondition::failure: return "failure";
        case EventCondition::retryable_failure: return "retryable_failure";
        case EventCondition::permanent_failure: return "permanent_failure";
        case EventCondition::always: return "always";
    }
    return "unknown";
}

std::optional<EventCondition> parse_event_condition(std::string_view text) noexcept {
    using enum EventCondition;
    return choice_named(text, {success, failure, retryable_failure, permanent_failure, always});
}

bool is_event_name(std::string_view text) noexcept {
    const bool characters =
        std::ranges::all_of(text, [](char c) { return c == '.' || is_word_character(c); });
    return characters && !text.empty() && text.size() <= event_name_bytes && text.front() != '.' &&
           text.back() != '.' && text.find("..") == std::string_view::npos;
}

}  // namespace tenon
