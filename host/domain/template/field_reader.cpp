#include "domain/template/field_reader.hpp"

#include "foundation/suggestion.hpp"
#include "foundation/utf8.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace tenon {
namespace {

constexpr std::size_t shown_bytes = 60;

bool is_lower(char c) noexcept {
    return c >= 'a' && c <= 'z';
}

bool is_letter(char c) noexcept {
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool has_shape(std::string_view text, TextRule::Shape shape) {
    switch (shape) {
        case TextRule::Shape::prose: return true;
        case TextRule::Shape::line: return std::ranges::none_of(text, is_control);
        case TextRule::Shape::name:
            return is_letter(text.front()) && std::ranges::all_of(text, [](char c) {
                       return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
                   });
        case TextRule::Shape::lower_name:
            return is_lower(text.front()) && std::ranges::all_of(text, [](char c) {
                       return is_lower(c) || is_digit(c) || c == '_';
                   });
    }
    return false;
}

std::string_view description_of(TextRule::Shape shape) noexcept {
    switch (shape) {
        case TextRule::Shape::prose: return "text";
        case TextRule::Shape::line: return "text without control characters";
        case TextRule::Shape::name: return "a letter followed by letters, digits, '_', '-' or '.'";
        case TextRule::Shape::lower_name:
            return "a small letter followed by small letters, digits or '_'";
    }
    return "text";
}

std::string shortened(std::string_view text) {
    auto shown = to_valid_utf8(text, shown_bytes);
    std::ranges::replace_if(shown, is_control, ' ');
    return text.size() > shown_bytes ? shown + "…" : shown;
}

}  // namespace

void FirstProblem::report(Place place, std::string_view sentence) {
    if (!problem_) {
        problem_ = place_prefix(file_name_, place) + std::string(sentence);
    }
}

std::string describe(const DocumentNode& value) {
    switch (value.kind) {
        case DocumentNode::Kind::sequence: return "a list";
        case DocumentNode::Kind::mapping: return "a mapping";
        case DocumentNode::Kind::scalar: break;
    }
    const auto& scalar = value.scalar;
    if (scalar.is_null()) {
        return "empty";
    }
    if (scalar.is_string()) {
        return fmt::format("'{}'", shortened(scalar.get_ref<const std::string&>()));
    }
    return fmt::format("the {} {}", scalar.is_boolean() ? "boolean" : "number", scalar.dump());
}

FieldReader::FieldReader(const DocumentNode& node, std::string owner, FirstProblem& problems)
    : node_(node), owner_(std::move(owner)), problems_(problems) {
    if (node.kind != DocumentNode::Kind::mapping) {
        report(node.place, fmt::format("{} must be a mapping but is {}", owner_, describe(node)));
    }
}

const DocumentNode* FieldReader::find(Spellings spellings) {
    known_.insert(known_.end(), spellings);
    const DocumentEntry* found = nullptr;
    for (const auto& entry : node_.entries) {
        if (std::ranges::find(spellings, entry.key) == spellings.end()) {
            continue;
        }
        if (found != nullptr) {
            report(
                entry.place,
                fmt::format(
                    "keys '{}' and '{}' in {} mean the same, keep one",
                    found->key,
                    entry.key,
                    owner_
                )
            );
        }
        found = &entry;
    }
    if (found == nullptr) {
        return nullptr;
    }
    const bool is_null =
        found->value.kind == DocumentNode::Kind::scalar && found->value.scalar.is_null();
    return is_null ? nullptr : &found->value;
}

const DocumentNode* FieldReader::mapping(Spellings spellings) {
    const auto* value = find(spellings);
    if (value != nullptr && value->kind != DocumentNode::Kind::mapping) {
        wrong_type(*value, *spellings.begin(), "a mapping");
        return nullptr;
    }
    return value;
}

const DocumentNode* FieldReader::sequence(Spellings spellings) {
    const auto* value = find(spellings);
    if (value != nullptr && value->kind != DocumentNode::Kind::sequence) {
        wrong_type(*value, *spellings.begin(), "a list");
        return nullptr;
    }
    return value;
}

std::string FieldReader::text(Spellings spellings, TextRule rule, std::string_view fallback) {
    const auto* value = find(spellings);
    if (value != nullptr) {
        return checked(*value, *spellings.begin(), rule);
    }
    if (rule.required) {
        report(node_.place, fmt::format("key '{}' is missing in {}", *spellings.begin(), owner_));
    }
    return std::string(fallback);
}

std::string FieldReader::checked(const DocumentNode& value, std::string_view key, TextRule rule) {
    if (value.kind != DocumentNode::Kind::scalar || !value.scalar.is_string()) {
        const bool quotable = value.kind == DocumentNode::Kind::scalar;
        wrong_type(value, key, quotable ? "text, quote it," : "text");
        return {};
    }
    const auto& text = value.scalar.get_ref<const std::string&>();
    if (text.empty() && !rule.required) {
        return text;
    }
    if (text.empty() || text.size() > rule.max_bytes) {
        report(
            value.place,
            fmt::format(
                "{} of {} must have 1 to {} bytes but has {}",
                key,
                owner_,
                rule.max_bytes,
                text.size()
            )
        );
    } else if (!has_shape(text, rule.shape)) {
        wrong_type(value, key, description_of(rule.shape));
    }
    return text;
}

bool FieldReader::boolean(Spellings spellings, bool fallback) {
    const auto* value = find(spellings);
    if (value == nullptr) {
        return fallback;
    }
    if (!value->scalar.is_boolean()) {
        wrong_type(*value, *spellings.begin(), "true or false");
        return fallback;
    }
    return value->scalar.get<bool>();
}

std::int32_t FieldReader::integer(Spellings spellings, IntegerRule rule, std::int32_t fallback) {
    const auto* value = find(spellings);
    if (value == nullptr) {
        return fallback;
    }
    const bool fits = value->scalar.is_number_integer() && value->scalar >= rule.lowest &&
                      value->scalar <= rule.highest;
    if (!fits) {
        wrong_type(
            *value,
            *spellings.begin(),
            fmt::format("an integer from {} to {}", rule.lowest, rule.highest)
        );
        return fallback;
    }
    return value->scalar.get<std::int32_t>();
}

std::string FieldReader::object_text(Spellings spellings, std::string_view fallback) {
    const auto* value = mapping(spellings);
    return value == nullptr ? std::string(fallback) : to_json(*value).dump();
}

void FieldReader::refuse_the_rest() {
    for (const auto& entry : node_.entries) {
        if (std::ranges::find(known_, entry.key) == known_.end()) {
            report(
                entry.place,
                fmt::format(
                    "unknown key '{}' in {}{}",
                    shortened(entry.key),
                    owner_,
                    did_you_mean(entry.key, known_)
                )
            );
            return;
        }
    }
}

Place FieldReader::place_of(std::string_view key) const {
    const auto found = std::ranges::find(node_.entries, key, &DocumentEntry::key);
    return found == node_.entries.end() ? node_.place : found->value.place;
}

void FieldReader::wrong_type(
    const DocumentNode& value,
    std::string_view key,
    std::string_view wanted
) {
    report(
        value.place,
        fmt::format("{} of {} must be {} but is {}", key, owner_, wanted, describe(value))
    );
}

}  // namespace tenon
