#pragma once

#include "foundation/json_text.hpp"
#include "foundation/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

/// One value inside checked JSON text, without a copy: numbers keep every digit, objects their
/// order. It is a view: the text must outlive it. Members and elements are found by scanning.
class JsonSlice {
public:
    using Member = std::pair<std::string, JsonSlice>;

    /// The whole of `text`, after `check_json`.
    static Result<JsonSlice> parse(std::string_view text, JsonLimits limits = {});

    JsonKind kind() const noexcept;

    /// The text of the value as it was written.
    std::string_view raw() const noexcept { return text_; }

    /// An object's members in their order; empty for any other kind.
    std::vector<Member> members() const;

    /// An object's first member of that name.
    std::optional<JsonSlice> find(std::string_view name) const;

    /// An array's elements; empty for any other kind.
    std::vector<JsonSlice> elements() const;

    /// A string with its escapes resolved; nothing for any other kind.
    std::optional<std::string> string() const;

    /// A number without fraction or exponent that fits; nothing for anything else.
    std::optional<std::int64_t> integer() const noexcept;

    /// True or false; nothing for any other kind.
    std::optional<bool> boolean() const noexcept;

    /// The value's text without insignificant white space: always one line.
    std::string compact() const;

private:
    explicit JsonSlice(std::string_view text) noexcept : text_(text) {}

    std::string_view text_;
};

std::string_view to_string(JsonKind kind) noexcept;

}  // namespace tenon
