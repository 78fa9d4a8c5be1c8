#include "app/terminal/display_text.hpp"

#include "foundation/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tenon::app {

namespace {

struct Range {
    std::uint32_t first;
    std::uint32_t last;
};

// East Asian Wide and Fullwidth, and emoji, from Unicode's EastAsianWidth.txt, joined where only
// unassigned characters lie between.
constexpr std::array wide{
    Range{0x1100, 0x115F},
    Range{0x231A, 0x231B},
    Range{0x2E80, 0x303E},
    Range{0x3041, 0x33FF},
    Range{0x3400, 0x4DBF},
    Range{0x4E00, 0xA4CF},
    Range{0xA960, 0xA97F},
    Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF},
    Range{0xFE30, 0xFE6F},
    Range{0xFF00, 0xFF60},
    Range{0xFFE0, 0xFFE6},
    Range{0x1F300, 0x1F64F},
    Range{0x1F680, 0x1F6FF},
    Range{0x1F900, 0x1F9FF},
    Range{0x20000, 0x3FFFD},
};

// Combining marks, joiners and variation selectors.
constexpr std::array narrowless{
    Range{0x0300, 0x036F},
    Range{0x0483, 0x0489},
    Range{0x0591, 0x05BD},
    Range{0x0610, 0x061A},
    Range{0x064B, 0x065F},
    Range{0x1AB0, 0x1AFF},
    Range{0x1DC0, 0x1DFF},
    Range{0x200B, 0x200D},
    Range{0x20D0, 0x20FF},
    Range{0xFE00, 0xFE0F},
    Range{0xFE20, 0xFE2F},
    Range{0xE0100, 0xE01EF},
};

// C0, DEL, C1, line and paragraph separators, direction marks: what a terminal acts upon.
constexpr std::array commanding{
    Range{0x00, 0x1F},
    Range{0x7F, 0x9F},
    Range{0x061C, 0x061C},
    Range{0x200E, 0x200F},
    Range{0x2028, 0x202E},
    Range{0x2066, 0x2069},
    Range{0xFEFF, 0xFEFF},
};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, std::uint32_t character) noexcept {
    return std::ranges::any_of(ranges, [character](const Range& range) {
        return character >= range.first && character <= range.last;
    });
}

/// One character of valid UTF-8.
std::uint32_t decode(std::string_view bytes) noexcept {
    const auto byte = [bytes](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    switch (bytes.size()) {
        case 1: return byte(0);
        case 2: return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
        case 3: return (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
        default:
            return (byte(0) & 0x07U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U |
                   (byte(3) & 0x3FU);
    }
}

/// The first character of `text`; a stray byte counts as a character of its own.
std::string_view first_character(std::string_view text) noexcept {
    return text.substr(0, std::max<std::size_t>(utf8_character_length(text), 1));
}

std::size_t width_of(std::string_view character) noexcept {
    const auto code = decode(character);
    if (code < 0x300 || !is_in(narrowless, code)) {
        return code >= 0x1100 && is_in(wide, code) ? 2 : 1;
    }
    return 0;
}

/// Bytes of the longest beginning that fits into `columns`.
std::size_t fitting_bytes(std::string_view text, std::size_t columns) noexcept {
    std::size_t bytes = 0;
    while (bytes < text.size()) {
        const auto character = first_character(text.substr(bytes));
        const auto width = width_of(character);
        if (width > columns) {
            break;
        }
        columns -= width;
        bytes += character.size();
    }
    return bytes;
}

}  // namespace

std::string printable(std::string_view text) {
    const auto valid = to_valid_utf8(text);
    std::string clean;
    clean.reserve(valid.size());
    for (std::string_view rest = valid; !rest.empty();) {
        const auto character = first_character(rest);
        if (character == "\n" || character == "\r" || character == "\t") {
            clean += ' ';
        } else {
            clean += is_in(commanding, decode(character)) ? "\xEF\xBF\xBD" : character;
        }
        rest.remove_prefix(character.size());
    }
    return clean;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const auto character = first_character(text);
        width += width_of(character);
        text.remove_prefix(character.size());
    }
    return width;
}

std::string shorten(std::string_view text, std::size_t columns, std::string_view ellipsis) {
    if (text.size() <= columns || display_width(text) <= columns) {
        return std::string(text);
    }
    const auto room = columns - std::min(columns, display_width(ellipsis));
    auto kept = std::string(text.substr(0, fitting_bytes(text, room)));
    return room == 0 ? kept : kept + std::string(ellipsis);
}

std::string pad_right(std::string text, std::size_t columns) {
    const auto width = display_width(text);
    text.append(columns - std::min(columns, width), ' ');
    return text;
}

std::string pad_left(std::string text, std::size_t columns) {
    const auto width = display_width(text);
    text.insert(0, columns - std::min(columns, width), ' ');
    return text;
}

std::vector<std::string> wrap(std::string_view text, std::size_t columns) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        auto bytes = std::max(fitting_bytes(text, columns), first_character(text).size());
        const auto space = text.substr(0, bytes).rfind(' ');
        if (bytes < text.size() && text[bytes] != ' ' && space != std::string_view::npos &&
            space > 0) {
            bytes = space;
        }
        lines.emplace_back(text.substr(0, bytes));
        text.remove_prefix(bytes);
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    }
    return lines;
}

}  // namespace tenon::app
