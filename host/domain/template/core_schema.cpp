#include "domain/template/core_schema.hpp"

#include "domain/template/document.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <utility>

namespace tenon {
namespace {

using Scalar = Result<nlohmann::json>;

// Spelled out, because nearly everything converts to JSON, a Result included.
Scalar scalar(nlohmann::json value) {
    return {boost::system::in_place_value, std::move(value)};
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_name_character(char c) noexcept {
    return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) noexcept {
    return std::ranges::find(words, text) != words.end();
}

std::string_view without_sign(std::string_view text) noexcept {
    const bool has_sign = text.starts_with('-') || text.starts_with('+');
    return has_sign ? text.substr(1) : text;
}

std::size_t count_digits(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

bool is_exponent(std::string_view text) noexcept {
    if (!text.starts_with('e') && !text.starts_with('E')) {
        return false;
    }
    const auto digits = without_sign(text.substr(1));
    return !digits.empty() && count_digits(digits) == digits.size();
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_decimal(std::string_view text) noexcept {
    text = without_sign(text);
    const auto integer_digits = count_digits(text);
    text.remove_prefix(integer_digits);
    std::size_t fraction_digits = 0;
    if (text.starts_with('.')) {
        fraction_digits = count_digits(text.substr(1));
        text.remove_prefix(fraction_digits + 1);
    }
    return integer_digits + fraction_digits > 0 && (text.empty() || is_exponent(text));
}

template <class Integer>
bool read_integer(std::string_view digits, int radix, Integer& value) noexcept {
    const auto [stop, failure] = std::from_chars(digits.begin(), digits.end(), value, radix);
    return failure == std::errc{} && stop == digits.end();
}

Error not_in_json(std::string_view text, std::string_view why) {
    return {ErrorCode::invalid_input, fmt::format("number {} {}, quote it", text, why)};
}

Scalar integer(std::string_view text, std::string_view digits, int radix) {
    std::uint64_t magnitude = 0;
    std::int64_t negative = 0;
    if (text.starts_with('-') && read_integer(text, radix, negative)) {
        return scalar(negative);
    }
    if (!text.starts_with('-') && read_integer(digits, radix, magnitude)) {
        // As signed where it fits, so that 1 equals 1 however it was written.
        return scalar(
            std::in_range<std::int64_t>(magnitude)
                ? nlohmann::json(static_cast<std::int64_t>(magnitude))
                : nlohmann::json(magnitude)
        );
    }
    return not_in_json(text, "does not fit 64 bits");
}

Scalar decimal(std::string_view text) {
    const auto digits = text.starts_with('+') ? text.substr(1) : text;
    double number = 0;
    const auto [stop, failure] = std::from_chars(digits.begin(), digits.end(), number);
    if (failure != std::errc{} || !std::isfinite(number)) {
        return not_in_json(text, "does not fit a double");
    }
    return scalar(canonical_number(number));
}

bool all_digits_of(std::string_view digits, int radix) noexcept {
    return !digits.empty() && std::ranges::all_of(digits, [radix](char c) {
        const int value = is_digit(c)              ? c - '0'
                          : (c >= 'a' && c <= 'f') ? c - 'a' + 10
                          : (c >= 'A' && c <= 'F') ? c - 'A' + 10
                                                   : 99;
        return value < radix;
    });
}

}  // namespace

Result<nlohmann::json> resolve_plain_scalar(std::string_view text) {
    if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) {
        return scalar(nullptr);
    }
    if (is_one_of(text, {"true", "True", "TRUE"})) {
        return scalar(true);
    }
    if (is_one_of(text, {"false", "False", "FALSE"})) {
        return scalar(false);
    }
    if (text.starts_with("0o") && all_digits_of(text.substr(2), 8)) {
        return integer(text, text.substr(2), 8);
    }
    if (text.starts_with("0x") && all_digits_of(text.substr(2), 16)) {
        return integer(text, text.substr(2), 16);
    }
    if (all_digits_of(without_sign(text), 10)) {
        return integer(text, without_sign(text), 10);
    }
    if (is_decimal(text)) {
        return decimal(text);
    }
    if (is_one_of(without_sign(text), {".inf", ".Inf", ".INF"}) ||
        is_one_of(text, {".nan", ".NaN", ".NAN"})) {
        return not_in_json(text, "does not exist in JSON");
    }
    return scalar(text);
}

std::string_view without_symbol_colon(std::string_view text) noexcept {
    const auto name = text.substr(text.starts_with(':') ? 1 : 0);
    const bool is_symbol = name.size() < text.size() && !name.empty() && !is_digit(name.front()) &&
                           std::ranges::all_of(name, is_name_character);
    return is_symbol ? name : text;
}

}  // namespace tenon
