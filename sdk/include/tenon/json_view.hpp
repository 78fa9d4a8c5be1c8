#pragma once

#include <tenon/detail/json_text.hpp>
#include <tenon/error.hpp>

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tenon {
inline namespace sdk_v1 {

class JsonView;

/// How a type is read from and written to JSON text. Specialise it for your own types, with
/// `static T read(const JsonView&)` and/or `static std::string write(const T&)`; including
/// <tenon/json.hpp> covers everything that nlohmann/json converts.
template <class T>
struct JsonCodec;

template <class T>
concept JsonReadable = requires(const JsonView& view) {
    { JsonCodec<T>::read(view) } -> std::convertible_to<T>;
};

template <class T>
concept JsonWritable = requires(const T& value) {
    { JsonCodec<T>::write(value) } -> std::convertible_to<std::string>;
};

/// One value inside JSON text that somebody else owns, with the path that leads to it. Nothing is
/// parsed before it is asked for, so reading two fields of a large document costs two scans and
/// no tree.
class JsonView {
public:
    JsonView(std::string_view text, std::string path)
        : text_(detail::JsonCursor(text).value()), path_(std::move(path)) {}

    /// The value's own text, without the space around it.
    std::string_view text() const noexcept { return text_; }

    /// Where the value is, for messages: "context.customer.id".
    const std::string& path() const noexcept { return path_; }

    bool is_null() const noexcept { return text_ == "null"; }

    bool is_string() const noexcept { return text_.starts_with('"'); }

    bool is_object() const noexcept { return text_.starts_with('{'); }

    bool is_array() const noexcept { return text_.starts_with('['); }

    bool is_number() const noexcept {
        return !text_.empty() && (text_[0] == '-' || (text_[0] >= '0' && text_[0] <= '9'));
    }

    /// The member of an object, or nothing. Throws ValidationError when this is no object.
    std::optional<JsonView> find(std::string_view key) const {
        detail::JsonCursor cursor(text_);
        if (!cursor.take('{')) {
            fail("an object");
        }
        while (cursor.peek() == '"') {
            const auto name = cursor.value();
            if (!cursor.take(':')) {
                fail("well-formed JSON");
            }
            const auto value = cursor.value();
            if (is_key(name, key)) {
                return JsonView(value, path_ + "." + std::string(key));
            }
            cursor.take(',');
        }
        return std::nullopt;
    }

    /// The member of an object. Throws ValidationError when it is missing.
    JsonView at(std::string_view key) const {
        if (auto found = find(key)) {
            return *std::move(found);
        }
        throw ValidationError(path_ + "." + std::string(key) + " is required but missing");
    }

    /// The elements of an array. Throws ValidationError when this is none.
    std::vector<JsonView> elements() const {
        detail::JsonCursor cursor(text_);
        if (!cursor.take('[')) {
            fail("an array");
        }
        std::vector<JsonView> found;
        while (!cursor.at_end() && cursor.peek() != ']') {
            const auto value = cursor.value();
            if (value.empty()) {
                fail("well-formed JSON");
            }
            found.emplace_back(value, path_ + "[" + std::to_string(found.size()) + "]");
            cursor.take(',');
        }
        return found;
    }

    /// The value as a T. Throws ValidationError, which names the path, when it is not one.
    template <class T>
    T as() const {
        static_assert(JsonReadable<T>, "T is no JSON type: include <tenon/json.hpp> for nlohmann");
        return JsonCodec<T>::read(*this);
    }

    /// Throws ValidationError: this value is not `expected`.
    [[noreturn]] void fail(std::string_view expected) const {
        constexpr std::size_t shown = 60;
        std::string found(text_.empty() ? std::string_view("nothing") : text_.substr(0, shown));
        found += text_.size() > shown ? "…" : "";
        throw ValidationError(path_ + " is " + found + ": expected " + std::string(expected));
    }

private:
    static bool is_key(std::string_view literal, std::string_view key) {
        if (literal.find('\\') != std::string_view::npos) {
            return detail::decode_json_string(literal) == key;
        }
        return literal.size() == key.size() + 2 && literal.substr(1, key.size()) == key;
    }

    std::string_view text_;
    std::string path_;
};

/// A 64-bit integer that no JSON reader may round: written as a number up to 2^53, beyond that as
/// a decimal string; both forms are read.
struct ExactInteger {
    std::int64_t value = 0;
};

template <>
struct JsonCodec<JsonView> {
    static JsonView read(const JsonView& view) { return view; }
};

template <>
struct JsonCodec<bool> {
    static bool read(const JsonView& view) {
        if (view.text() != "true" && view.text() != "false") {
            view.fail("true or false");
        }
        return view.text() == "true";
    }

    static std::string write(bool value) { return value ? "true" : "false"; }
};

template <class T>
    requires(std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>)
struct JsonCodec<T> {
    static T read(const JsonView& view) {
        if (!view.is_number()) {
            view.fail("an integer");
        }
        return parse(view, view.text());
    }

    static std::string write(T value) { return std::to_string(value); }

    /// `digits` as a T; `view` is where they were found.
    static T parse(const JsonView& view, std::string_view digits) {
        T value{};
        const auto* end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, value);
        if (error == std::errc::result_out_of_range) {
            view.fail("an integer of " + std::to_string(sizeof(T) * 8) + " bits");
        }
        if (error == std::errc{} && stop == end) {
            return value;
        }
        double number = 0;  // 6.0 and 6e0 are integers too.
        const auto real = std::from_chars(digits.data(), end, number);
        constexpr double exact = 9007199254740992.0;
        if (real.ec != std::errc{} || real.ptr != end || std::abs(number) > exact ||
            std::trunc(number) != number || !std::in_range<T>(static_cast<std::int64_t>(number))) {
            view.fail("an integer");
        }
        return static_cast<T>(number);
    }
};

template <std::floating_point T>
struct JsonCodec<T> {
    static T read(const JsonView& view) {
        const auto digits = view.text();
        T value{};
        const auto* end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, value);
        if (!view.is_number() || error != std::errc{} || stop != end) {
            view.fail("a number");
        }
        return value;
    }

    static std::string write(T value) {
        if (!std::isfinite(value)) {
            throw PermanentError("the result is no finite number, which JSON cannot express");
        }
        char digits[64];
        const auto written = std::to_chars(digits, digits + sizeof digits, value);
        return {digits, written.ptr};
    }
};

template <>
struct JsonCodec<std::string> {
    static std::string read(const JsonView& view) {
        if (!view.is_string()) {
            view.fail("a string");
        }
        return detail::decode_json_string(view.text());
    }

    static std::string write(std::string_view value) { return detail::encode_json_string(value); }
};

template <>
struct JsonCodec<ExactInteger> {
    static ExactInteger read(const JsonView& view) {
        if (!view.is_string()) {
            return {view.as<std::int64_t>()};
        }
        const auto digits = view.as<std::string>();
        return {JsonCodec<std::int64_t>::parse(view, digits)};
    }

    static std::string write(ExactInteger number) {
        constexpr std::int64_t exact = std::int64_t{1} << 53;
        const auto digits = std::to_string(number.value);
        return number.value > exact || number.value < -exact ? '"' + digits + '"' : digits;
    }
};

template <class T>
struct JsonCodec<std::vector<T>> {
    static std::vector<T> read(const JsonView& view)
        requires JsonReadable<T>
    {
        std::vector<T> values;
        for (const auto& element : view.elements()) {
            values.push_back(element.template as<T>());
        }
        return values;
    }

    static std::string write(const std::vector<T>& values)
        requires JsonWritable<T>
    {
        std::string text = "[";
        for (const auto& value : values) {
            text += (text.size() > 1 ? "," : "") + JsonCodec<T>::write(value);
        }
        return text + "]";
    }
};

}  // namespace sdk_v1
}  // namespace tenon
