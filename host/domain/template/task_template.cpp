#include "domain/template/task_template.hpp"

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

}  // namespace

std::string_view to_string(Backoff backoff) noexcept {
    switch (backoff) {
        case Backoff::none: return "none";
        case Backoff::linear: return "linear";
        case Backoff::exponential: return "exponential";
        case Backoff::fibonacci: return "fibonacci";
    }
    return "unknown";
}

std::optional<Backoff> parse_backoff(std::string_view text) noexcept {
    using enum Backoff;
    return choice_named(text, {none, linear, exponential, fibonacci});
}

std::string_view to_string(IdentityStrategy strategy) noexcept {
    switch (strategy) {
        case IdentityStrategy::always_unique: return "always_unique";
        case IdentityStrategy::strict: return "strict";
        case IdentityStrategy::caller_provided: return "caller_provided";
    }
    return "unknown";
}

std::optional<IdentityStrategy> parse_identity_strategy(std::string_view text) noexcept {
    using enum IdentityStrategy;
    return choice_named(text, {always_unique, strict, caller_provided});
}

std::string_view to_string(StalenessAction action) noexcept {
    switch (action) {
        case StalenessAction::dlq: return "dlq";
        case StalenessAction::error: return "error";
        case StalenessAction::none: return "none";
    }
    return "unknown";
}

std::optional<StalenessAction> parse_staleness_action(std::string_view text) noexcept {
    using enum StalenessAction;
    return choice_named(text, {dlq, error, none});
}

}  // namespace tenon
