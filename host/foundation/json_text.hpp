#pragma once

#include "foundation/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon {

/// What JSON text from outside may cost.
struct JsonLimits {
    std::size_t max_bytes = std::size_t{8} * 1024 * 1024;
    std::size_t max_depth = 128;  ///< Levels of arrays and objects; at most 1024.
};

/// Whether `text` is one JSON value that PostgreSQL's `jsonb` will take as it is: RFC 8259, valid
/// UTF-8, no escaped NUL, no lone surrogate, numbers within the range of `numeric`.
///
/// Neither allocates nor recurses, whatever the text. The error names the byte offset. [any-thread]
Result<void> check_json(std::string_view text, JsonLimits limits = {});

/// `bytes` as a JSON string literal with its quotes. Safe for any bytes: what JSON or `jsonb`
/// cannot carry (invalid UTF-8, NUL) becomes U+FFFD. [any-thread]
std::string json_quote(std::string_view bytes);

}  // namespace tenon
