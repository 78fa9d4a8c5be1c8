#pragma once

// How JSON text is walked and how its strings are written. Not part of the SDK's interface.

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon {
inline namespace sdk_v1 {
namespace detail {

/// Reads JSON text from left to right. Never reads beyond it, whatever it holds.
class JsonCursor {
public:
    explicit JsonCursor(std::string_view text) : text_(text) { skip_space(); }

    bool at_end() const noexcept { return at_ >= text_.size(); }

    char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }

    /// Takes `c` and the space behind it, if it is next.
    bool take(char c) noexcept {
        if (peek() != c || at_end()) {
            return false;
        }
        ++at_;
        skip_space();
        return true;
    }

    /// The text of the value that begins here, with the cursor behind it. Empty when there is
    /// none. Iterative: depth costs nothing.
    std::string_view value() noexcept {
        const std::size_t begin = at_;
        std::size_t depth = 0;
        do {
            const char c = peek();
            if (at_end() || (depth == 0 && (c == ',' || c == ':' || c == ']' || c == '}'))) {
                break;
            }
            depth = step(c, depth);
        } while (depth > 0);
        const auto found = text_.substr(begin, at_ - begin);
        skip_space();
        return depth == 0 ? found : std::string_view{};
    }

private:
    void skip_space() noexcept {
        while (!at_end() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos
        ) {
            ++at_;
        }
    }

    // Moves over one token and returns the depth behind it.
    std::size_t step(char c, std::size_t depth) noexcept {
        if (c == '"') {
            for (++at_; !at_end() && text_[at_] != '"'; ++at_) {
                at_ += text_[at_] == '\\' ? 1U : 0U;
            }
            at_ = at_ < text_.size() ? at_ + 1 : text_.size();
            return depth;
        }
        if (c == '{' || c == '[') {
            ++at_;
            return depth + 1;
        }
        if (c == '}' || c == ']') {
            ++at_;
            return depth - 1;
        }
        const auto end = text_.find_first_of(depth > 0 ? "\"{}[]" : " \t\r\n,:]}", at_);
        at_ = end == std::string_view::npos ? text_.size() : end;
        return depth;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

inline void append_utf8(std::string& text, std::uint32_t point) {
    const auto tail = [&text](std::uint32_t bits) {
        text += static_cast<char>(0x80U | (bits & 0x3FU));
    };
    if (point < 0x80) {
        text += static_cast<char>(point);
    } else if (point < 0x800) {
        text += static_cast<char>(0xC0U | (point >> 6U));
        tail(point);
    } else if (point < 0x10000) {
        text += static_cast<char>(0xE0U | (point >> 12U));
        tail(point >> 6U);
        tail(point);
    } else {
        text += static_cast<char>(0xF0U | (point >> 18U));
        tail(point >> 12U);
        tail(point >> 6U);
        tail(point);
    }
}

/// Takes the four digits of a `\u` escape off the front of `rest`.
inline std::uint32_t take_hex4(std::string_view& rest) {
    std::uint32_t point = 0xFFFD;
    const auto digits = rest.substr(0, 4);
    std::from_chars(digits.data(), digits.data() + digits.size(), point, 16);
    rest.remove_prefix(digits.size());
    return point;
}

/// Takes one escape, behind its backslash, off the front of `rest` and appends what it means.
inline void take_escape(std::string_view& rest, std::string& text) {
    constexpr std::string_view letters = "bfnrt";
    constexpr std::string_view meanings = "\b\f\n\r\t";
    const char letter = rest.empty() ? '\\' : rest.front();
    rest.remove_prefix(rest.empty() ? 0 : 1);
    if (letter != 'u') {
        const auto known = letters.find(letter);
        text += known == std::string_view::npos ? letter : meanings[known];
        return;
    }
    auto point = take_hex4(rest);
    if (point >= 0xD800 && point < 0xDC00 && rest.starts_with("\\u")) {
        rest.remove_prefix(2);
        point = 0x10000 + ((point - 0xD800) << 10U) + ((take_hex4(rest) - 0xDC00) & 0x3FFU);
    }
    append_utf8(text, point);
}

/// The text that a JSON string literal, quotes included, stands for.
inline std::string decode_json_string(std::string_view literal) {
    auto rest = literal.size() < 2 ? std::string_view{} : literal.substr(1, literal.size() - 2);
    std::string text;
    while (!rest.empty()) {
        const auto plain = rest.substr(0, rest.find('\\'));
        text += plain;
        rest.remove_prefix(plain.size());
        if (!rest.empty()) {
            rest.remove_prefix(1);
            take_escape(rest, text);
        }
    }
    return text;
}

/// `text` as a JSON string literal.
inline std::string encode_json_string(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string literal = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20) {
            literal += "\\u00";
            literal += hex[byte >> 4U];
            literal += hex[byte & 0xFU];
            continue;
        }
        literal += c == '"' || c == '\\' ? "\\" : "";
        literal += c;
    }
    return literal + '"';
}

}  // namespace detail
}  // namespace sdk_v1
}  // namespace tenon
