#include "foundation/http/access/base64url.hpp"

#include <cstdint>

namespace tenon {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string base64url_encode(std::string_view bytes) {
    std::string text;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(c);
        held += 8;
        while (held >= 6) {
            held -= 6;
            text += alphabet[(bits >> held) & 0x3FU];
        }
    }
    if (held > 0) {
        text += alphabet[(bits << (6 - held)) & 0x3FU];
    }
    return text;
}

std::optional<std::string> base64url_decode(std::string_view text) {
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos) {
            return std::nullopt;
        }
        bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes += static_cast<char>((bits >> held) & 0xFFU);
        }
    }
    const bool left_over = (bits & ((1U << held) - 1)) != 0;
    if (held >= 6 || left_over) {
        return std::nullopt;
    }
    return bytes;
}

}  // namespace tenon
