#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenon {

/// RFC 4648 §5 without padding. [any-thread]
std::string base64url_encode(std::string_view bytes);

/// Nothing for anything but the one spelling that `base64url_encode` gives: no padding, no foreign
/// characters, no bits left over.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace tenon
