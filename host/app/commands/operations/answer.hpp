#pragma once

#include "foundation/json_slice.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tenon::app {

/// A host's answer as JSON. Throws CommandFailure (`host_error`) when it is none.
JsonSlice parse_answer(std::string_view answer);

/// A member for people, on one line: a string without its quotes, nothing for null or no such
/// member, otherwise its JSON.
std::string text_of(const JsonSlice& object, std::string_view name);

/// "2026-01-31 12:00:00" of a member that is a timestamp; otherwise as `text_of`.
std::string time_of(const JsonSlice& object, std::string_view name);

/// Rows as lines: columns padded to their widest cell, two spaces between them, the last one cut so
/// that a line fits into `columns`.
std::vector<std::string> draw_table(
    const std::vector<std::vector<std::string>>& rows,
    std::size_t columns
);

}  // namespace tenon::app
