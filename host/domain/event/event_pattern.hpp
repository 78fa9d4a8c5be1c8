#pragma once

#include "foundation/result.hpp"

#include <string>
#include <string_view>

namespace tenon {

/// Which events a subscriber wants: `*` all of them, `payment.*` those whose names begin with
/// `payment.`, `payment.charged` that one.
class EventPattern {
public:
    /// Refuses what can match nothing, with a sentence.
    static Result<EventPattern> parse(std::string_view text);

    bool matches(std::string_view name) const noexcept;

    const std::string& text() const noexcept { return text_; }

private:
    explicit EventPattern(std::string_view text) : text_(text) {}

    std::string text_;
};

}  // namespace tenon
