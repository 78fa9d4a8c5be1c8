#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::app {

/// `text` as valid UTF-8 without anything that a terminal would obey: control characters and marks
/// that change the writing direction become U+FFFD, line ends and tabs become spaces.
std::string printable(std::string_view text);

/// Columns that printable text takes: wide characters count twice, combining ones not at all.
std::size_t display_width(std::string_view text);

/// The longest beginning of `text` that fits into `columns`, ending in `ellipsis` when it is not
/// all of it.
std::string shorten(std::string_view text, std::size_t columns, std::string_view ellipsis);

/// `text` with spaces after it up to `columns`.
std::string pad_right(std::string text, std::size_t columns);

/// `text` with spaces before it up to `columns`.
std::string pad_left(std::string text, std::size_t columns);

/// `text` cut into lines of at most `columns`, at spaces where there are any.
std::vector<std::string> wrap(std::string_view text, std::size_t columns);

}  // namespace tenon::app
