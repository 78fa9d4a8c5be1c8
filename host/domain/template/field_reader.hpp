#pragma once

#include "domain/template/document.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// Keeps the first problem of a document; what is read after it no longer matters.
class FirstProblem {
public:
    explicit FirstProblem(std::string file_name) : file_name_(std::move(file_name)) {}

    void report(Place place, std::string_view sentence);

    bool found() const noexcept { return problem_.has_value(); }

    Error error() const { return {ErrorCode::invalid_input, *problem_}; }

private:
    std::string file_name_;
    std::optional<std::string> problem_;
};

/// The bounds of a text: its bytes, and what it must look like.
struct TextRule {
    enum class Shape : std::uint8_t {
        line,       ///< Anything without control characters.
        prose,      ///< Anything.
        name,       ///< A letter, then letters, digits, '_', '-' and '.'.
        lower_name  ///< A small letter, then small letters, digits and '_'.
    };

    std::size_t max_bytes;
    Shape shape = Shape::line;
    bool required = false;
};

/// The bounds of an integer, both inclusive.
struct IntegerRule {
    std::int32_t lowest;
    std::int32_t highest;
};

/// Reads the known keys of one mapping by type, then refuses the rest by name.
///
/// Absent and null keys give the fallback. A key may have several spellings; the first is the one
/// that messages use. Every refusal goes to the `FirstProblem` with its place.
class FieldReader {
public:
    using Spellings = std::initializer_list<std::string_view>;

    /// `owner` names the mapping in messages: "step 'parse'".
    FieldReader(const DocumentNode& node, std::string owner, FirstProblem& problems);

    std::string_view owner() const noexcept { return owner_; }

    /// The value under one of the spellings, or nullptr when it is absent or null.
    const DocumentNode* find(Spellings spellings);

    /// Like `find`, but of the given kind.
    const DocumentNode* mapping(Spellings spellings);
    const DocumentNode* sequence(Spellings spellings);

    std::string text(Spellings spellings, TextRule rule, std::string_view fallback = {});
    /// The text that `value` is; messages call it `key`.
    std::string checked(const DocumentNode& value, std::string_view key, TextRule rule);

    bool boolean(Spellings spellings, bool fallback);
    std::int32_t integer(Spellings spellings, IntegerRule rule, std::int32_t fallback);

    /// The text of a JSON object, keys sorted; `fallback` when absent.
    std::string object_text(Spellings spellings, std::string_view fallback);

    /// Reports every key that nobody asked for. Call it last.
    void refuse_the_rest();

    /// Where a key stands, or the mapping itself when the key is absent.
    Place place_of(std::string_view key) const;

    void report(Place place, std::string_view sentence) { problems_.report(place, sentence); }

private:
    void wrong_type(const DocumentNode& value, std::string_view key, std::string_view wanted);

    const DocumentNode& node_;
    std::string owner_;
    FirstProblem& problems_;
    std::vector<std::string_view> known_;
};

/// "the number 3" or "a list": a value for an error message, shortened.
std::string describe(const DocumentNode& value);

}  // namespace tenon
