#pragma once

#include "tidy/source_tree.hpp"

#include <gmock/gmock.h>

namespace tenon::tidy {

/// Matches a violation at a place, whatever its words.
MATCHER_P2(At, path, line, "") {
    return arg.path == path && arg.line == static_cast<std::size_t>(line);
}

/// Matches a violation at a place whose message contains some words.
MATCHER_P3(Says, path, line, words, "") {
    return arg.path == path && arg.line == static_cast<std::size_t>(line) &&
           arg.message.find(words) != std::string::npos;
}

}  // namespace tenon::tidy
