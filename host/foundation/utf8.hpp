#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon {

/// Bytes of the UTF-8 character that `bytes` begins with: 1 … 4, or 0 when it does not begin with
/// one (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t utf8_character_length(std::string_view bytes) noexcept;

/// Length of the longest prefix that is valid UTF-8; equals `bytes.size()` when all of it is.
std::size_t valid_utf8_prefix(std::string_view bytes) noexcept;

/// `bytes` with everything that is not UTF-8 replaced by U+FFFD, cut after the last whole
/// character that fits into `max_bytes`.
std::string to_valid_utf8(std::string_view bytes, std::size_t max_bytes = std::string::npos);

}  // namespace tenon
