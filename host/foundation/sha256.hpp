#pragma once

#include <string>
#include <string_view>

namespace tenon {

/// SHA-256 of `bytes` as 64 lower-case hexadecimal digits. [any-thread]
std::string sha256_hex(std::string_view bytes);

}  // namespace tenon
