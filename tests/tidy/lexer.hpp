#pragma once

#include "tidy/source_tree.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tenon::tidy {

/// A string literal: where it begins and what stands between its quotes.
struct Literal {
    std::size_t line;  ///< From 1.
    std::string text;
};

/// The text of a C++ file taken apart. Both texts are as long as the file's own, with blanks in the
/// place of what was left out, so that offsets and lines stay true.
struct LexedText {
    std::string code;      ///< Neither comments nor what stands in string literals.
    std::string comments;  ///< Comments only.
    std::vector<Literal> literals;
};

LexedText lex(const SourceFile& file);

/// The line, from 1, of an offset in a text.
std::size_t line_at(const std::string& text, std::size_t offset);

}  // namespace tenon::tidy
