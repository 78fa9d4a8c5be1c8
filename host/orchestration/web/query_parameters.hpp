#pragma once

#include "foundation/http/http_message.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tenon::orchestration {

/// What an integer of a query may be.
struct IntegerRange {
    std::int32_t least;
    std::int32_t most;
    std::int32_t usual;  ///< When the query does not have it.
};

/// Throws ErrorCode::invalid_input for any key that is not in `known`: a misspelt filter must not
/// look like one that everything passes.
void allow_only(const HttpRequest& request, std::span<const std::string_view> known);

/// Throws ErrorCode::invalid_input when it is no integer of the range.
std::int32_t integer_parameter(
    const HttpRequest& request,
    std::string_view key,
    const IntegerRange& range
);

/// Empty when the query does not have it. Throws ErrorCode::invalid_input when it is too long, or
/// is no text that the database could hold.
std::string text_parameter(const HttpRequest& request, std::string_view key);

/// Empty when the query does not have it. Throws ErrorCode::invalid_input when it is none of
/// `choices`.
std::string choice_parameter(
    const HttpRequest& request,
    std::string_view key,
    std::span<const std::string_view> choices
);

[[noreturn]] void refuse_query(
    std::string_view key,
    std::string_view wanted,
    std::string_view value
);

}  // namespace tenon::orchestration
