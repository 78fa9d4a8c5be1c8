#include "foundation/json_text.hpp"

#include "foundation/utf8.hpp"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <fmt/format.h>
#include <optional>

namespace tenon {
namespace {

constexpr std::size_t deepest = 1024;

// PostgreSQL's `numeric`: a number beyond these would fail the statement it travels in, and with it
// the results of everybody else in that batch.
constexpr std::int64_t max_integer_digits = 131072;
constexpr std::int64_t max_fraction_digits = 16383;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

int hex_value(char c) noexcept {
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// One pass over the text; the first fault stops it.
class JsonScanner {
public:
    JsonScanner(std::string_view text, std::size_t max_depth)
        : text_(text), max_depth_(std::min(max_depth, deepest)) {}

    std::optional<std::string> fault() {
        while (value()) {
            if (after_value()) {
                return fault_;
            }
        }
        return fault_;
    }

private:
    bool fail(std::size_t offset, std::string_view what) {
        if (!fault_) {
            fault_ = fmt::format("invalid JSON at byte {}: {}", offset, what);
        }
        return false;
    }

    char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }

    void skip_space() noexcept {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' ||
                                      text_[at_] == '\r' || text_[at_] == '\t')) {
            ++at_;
        }
    }

    // Reads up to the end of a scalar or of an empty container. False on a fault.
    bool value() {
        for (;;) {
            skip_space();
            const char c = peek();
            if (c != '{' && c != '[') {
                return scalar(c);
            }
            if (!open(c == '{')) {
                return false;
            }
            skip_space();
            if (peek() == (c == '{' ? '}' : ']')) {
                close();
                return true;
            }
            if (c == '{' && !key()) {
                return false;
            }
        }
    }

    // Leaves finished containers and passes a comma. True when the scan is over.
    bool after_value() {
        for (;;) {
            skip_space();
            if (depth_ == 0) {
                return at_ == text_.size() || !fail(at_, "text after the end of the value");
            }
            const bool in_object = is_object_[depth_ - 1];
            const char c = peek();
            if (c == ',') {
                ++at_;
                skip_space();
                return in_object && !key();
            }
            if (c != (in_object ? '}' : ']')) {
                return !fail(at_, in_object ? "expected ',' or '}'" : "expected ',' or ']'");
            }
            close();
        }
    }

    bool open(bool object) {
        if (depth_ == max_depth_) {
            return fail(at_, fmt::format("nested deeper than {} levels", max_depth_));
        }
        is_object_[depth_++] = object;
        ++at_;
        return true;
    }

    void close() noexcept {
        --depth_;
        ++at_;
    }

    bool key() {
        if (peek() != '"') {
            return fail(at_, "expected a key in double quotes");
        }
        if (!string()) {
            return false;
        }
        skip_space();
        if (peek() != ':') {
            return fail(at_, "expected ':' after the key");
        }
        ++at_;
        return true;
    }

    bool scalar(char c) {
        switch (c) {
            case '"': return string();
            case 't': return literal("true");
            case 'f': return literal("false");
            case 'n': return literal("null");
            default: break;
        }
        if (c == '-' || is_digit(c)) {
            return number();
        }
        return fail(at_, at_ < text_.size() ? "expected a value" : "the text ends too early");
    }

    bool literal(std::string_view word) {
        if (!text_.substr(at_).starts_with(word)) {
            return fail(at_, "expected a value");
        }
        at_ += word.size();
        return true;
    }

    std::int64_t digits() noexcept {
        const auto begin = at_;
        while (is_digit(peek())) {
            ++at_;
        }
        return static_cast<std::int64_t>(at_ - begin);
    }

    bool number() {
        const auto begin = at_;
        at_ += peek() == '-' ? 1 : 0;
        const bool zero_first = peek() == '0';
        const auto integer_digits = digits();
        if (integer_digits == 0 || (zero_first && integer_digits > 1)) {
            return fail(begin, "a number needs digits and no leading zero");
        }
        std::int64_t fraction_digits = 0;
        if (peek() == '.') {
            ++at_;
            fraction_digits = digits();
            if (fraction_digits == 0) {
                return fail(begin, "a number needs digits after its decimal point");
            }
        }
        std::int64_t exponent = 0;
        if ((peek() == 'e' || peek() == 'E') && !read_exponent(exponent)) {
            return fail(begin, "a number needs digits in its exponent");
        }
        if (integer_digits + exponent > max_integer_digits ||
            fraction_digits - exponent > max_fraction_digits) {
            return fail(begin, "a number beyond the range of PostgreSQL's numeric");
        }
        return true;
    }

    bool read_exponent(std::int64_t& exponent) noexcept {
        constexpr std::int64_t beyond_any_range = 1'000'000'000;
        ++at_;
        const bool negative = peek() == '-';
        at_ += negative || peek() == '+' ? 1 : 0;
        if (!is_digit(peek())) {
            return false;
        }
        for (; is_digit(peek()); ++at_) {
            exponent = std::min(beyond_any_range, exponent * 10 + (peek() - '0'));
        }
        exponent = negative ? -exponent : exponent;
        return true;
    }

    bool string() {
        const auto begin = at_++;
        while (at_ < text_.size()) {
            const auto c = static_cast<unsigned char>(text_[at_]);
            if (c == '"') {
                ++at_;
                return true;
            }
            if (!(c == '\\' ? escape() : character(c))) {
                return false;
            }
        }
        return fail(begin, "a string without its closing quote");
    }

    bool character(unsigned char c) {
        if (c < 0x20) {
            return fail(at_, "an unescaped control character in a string");
        }
        const auto length = c < 0x80 ? 1 : utf8_character_length(text_.substr(at_, 4));
        if (length == 0) {
            return fail(at_, "invalid UTF-8");
        }
        at_ += length;
        return true;
    }

    bool escape() {
        constexpr std::string_view simple = "\"\\/bfnrt";
        const auto begin = at_++;
        if (peek() == 'u') {
            return unicode_escape(begin);
        }
        if (at_ == text_.size() || simple.find(peek()) == std::string_view::npos) {
            return fail(begin, "an unknown escape in a string");
        }
        ++at_;
        return true;
    }

    bool unicode_escape(std::size_t begin) {
        const auto unit = code_unit();
        if (unit < 0) {
            return fail(begin, "\\u needs four hexadecimal digits");
        }
        if (unit == 0) {
            return fail(begin, "\\u0000 cannot be stored, leave it out");
        }
        const bool high = unit >= 0xD800 && unit <= 0xDBFF;
        const bool low = unit >= 0xDC00 && unit <= 0xDFFF;
        if (high && text_.substr(at_).starts_with("\\u")) {
            ++at_;
            const auto second = code_unit();
            return (second >= 0xDC00 && second <= 0xDFFF) || fail(begin, "a lone surrogate");
        }
        return !(high || low) || fail(begin, "a lone surrogate");
    }

    // At the `u`: the value of the four digits after it, or -1.
    int code_unit() noexcept {
        const auto hex = text_.substr(std::min(at_ + 1, text_.size()), 4);
        if (hex.size() < 4) {
            return -1;
        }
        int unit = 0;
        for (const char c : hex) {
            const int digit = hex_value(c);
            if (digit < 0) {
                return -1;
            }
            unit = unit * 16 + digit;
        }
        at_ += 5;
        return unit;
    }

    std::string_view text_;
    std::size_t max_depth_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::bitset<deepest> is_object_;
    std::optional<std::string> fault_;
};

void append_quoted(std::string& out, unsigned char c) {
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        case '\0': out += "\xEF\xBF\xBD"; return;
        default: break;
    }
    if (c < 0x20) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
        out += static_cast<char>(c);
    }
}

}  // namespace

Result<void> check_json(std::string_view text, JsonLimits limits) {
    if (text.size() > limits.max_bytes) {
        return Error{
            ErrorCode::invalid_input,
            fmt::format(
                "JSON of {} bytes is above the limit of {} bytes", text.size(), limits.max_bytes
            )
        };
    }
    if (auto fault = JsonScanner(text, limits.max_depth).fault()) {
        return Error{ErrorCode::invalid_input, std::move(*fault)};
    }
    return {};
}

std::string json_quote(std::string_view bytes) {
    std::string out = "\"";
    out.reserve(bytes.size() + 2);
    std::size_t at = 0;
    while (at < bytes.size()) {
        const auto length = utf8_character_length(bytes.substr(at, 4));
        if (length > 1) {
            out += bytes.substr(at, length);
        } else if (length == 1) {
            append_quoted(out, static_cast<unsigned char>(bytes[at]));
        } else {
            out += "\xEF\xBF\xBD";
        }
        at += std::max<std::size_t>(length, 1);
    }
    out += '"';
    return out;
}

}  // namespace tenon
