#include "domain/template/task_template.hpp"

namespace tenon {

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
    for (const auto backoff :
         {Backoff::none, Backoff::linear, Backoff::exponential, Backoff::fibonacci}) {
        if (to_string(backoff) == text) {
            return backoff;
        }
    }
    return std::nullopt;
}

}  // namespace tenon
