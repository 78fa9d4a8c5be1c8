#include "foundation/utf8.hpp"

#include <cstdint>

namespace tenon {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

std::uint32_t byte_at(std::string_view bytes, std::size_t index) noexcept {
    return static_cast<unsigned char>(bytes[index]);
}

bool is_continuation(std::string_view bytes, std::size_t index) noexcept {
    return index < bytes.size() && (byte_at(bytes, index) & 0xC0U) == 0x80U;
}

// The second byte is where overlong forms, surrogates and values above U+10FFFF show.
bool is_second_byte(std::uint32_t first, std::uint32_t second) noexcept {
    switch (first) {
        case 0xE0: return second >= 0xA0;
        case 0xED: return second <= 0x9F;
        case 0xF0: return second >= 0x90;
        case 0xF4: return second <= 0x8F;
        default: return true;
    }
}

}  // namespace

std::size_t utf8_character_length(std::string_view bytes) noexcept {
    if (bytes.empty()) {
        return 0;
    }
    const auto first = byte_at(bytes, 0);
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xC2 || first > 0xF4) {
        return 0;
    }
    const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    for (std::size_t index = 1; index < length; ++index) {
        if (!is_continuation(bytes, index)) {
            return 0;
        }
    }
    return is_second_byte(first, byte_at(bytes, 1)) ? length : 0;
}

std::size_t valid_utf8_prefix(std::string_view bytes) noexcept {
    std::size_t at = 0;
    while (at < bytes.size()) {
        const auto length = utf8_character_length(bytes.substr(at, 4));
        if (length == 0) {
            break;
        }
        at += length;
    }
    return at;
}

std::string to_valid_utf8(std::string_view bytes, std::size_t max_bytes) {
    std::string text;
    std::size_t at = 0;
    while (at < bytes.size()) {
        const auto length = utf8_character_length(bytes.substr(at, 4));
        const auto character = length == 0 ? replacement : bytes.substr(at, length);
        if (text.size() + character.size() > max_bytes) {
            break;
        }
        text += character;
        at += length == 0 ? 1 : length;
    }
    return text;
}

}  // namespace tenon
