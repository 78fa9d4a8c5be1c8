#include "app/configuration/key.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace tenon::app {
namespace {

char hyphened(char c) {
    return c == '.' || c == '_' ? '-' : c;
}

char shouted(char c) {
    return c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
}

std::string value_type_text(const Key& key) {
    if (key.most != 0) {
        return "an integer " + range_text(key);
    }
    return key.choices.empty() ? "a text" : choices_text(key);
}

}  // namespace

std::string option_of(const Key& key) {
    std::string words(key.short_option.empty() ? key.name : key.short_option);
    std::ranges::transform(words, words.begin(), hyphened);
    return "--" + words;
}

std::string variable_of(const Key& key) {
    auto words = option_of(key).substr(2);
    std::ranges::transform(words, words.begin(), shouted);
    return "TENON_" + words;
}

std::string type_text(const Key& key) {
    switch (key.type) {
        case KeyType::boolean: return "true or false";
        case KeyType::integer: return "an integer " + range_text(key);
        case KeyType::text: return "a text";
        case KeyType::path: return "a path";
        case KeyType::choice: return choices_text(key);
        case KeyType::list: return "a list of texts";
        case KeyType::table: return "a table: a name, and for each " + value_type_text(key);
    }
    return "a text";
}

std::string placeholder_of(const Key& key) {
    if (!key.shown_as.empty()) {
        return std::string(key.shown_as);
    }
    switch (key.type) {
        case KeyType::boolean: return "";
        case KeyType::integer: return "N";
        case KeyType::text: return "TEXT";
        case KeyType::path: return "PATH";
        case KeyType::choice: return std::string(key.choices);
        case KeyType::list: return "TEXT,...";
        case KeyType::table: return key.most != 0 ? "NAME=N,..." : "NAME=VALUE,...";
    }
    return "TEXT";
}

std::size_t choice_count(const Key& key) {
    return key.choices.empty() ? 0
                               : static_cast<std::size_t>(std::ranges::count(key.choices, '|')) + 1;
}

std::string_view choice_at(const Key& key, std::size_t index) {
    auto rest = key.choices;
    for (; index > 0; --index) {
        rest.remove_prefix(rest.find('|') + 1);
    }
    return rest.substr(0, rest.find('|'));
}

bool is_choice(const Key& key, std::string_view text) {
    for (std::size_t i = 0; i < choice_count(key); ++i) {
        if (choice_at(key, i) == text) {
            return true;
        }
    }
    return false;
}

std::string choices_text(const Key& key) {
    const auto count = choice_count(key);
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += i == 0 ? "" : i + 1 == count ? " or " : ", ";
        text += choice_at(key, i);
    }
    return text;
}

std::string range_text(const Key& key) {
    return fmt::format("from {} to {}{}", key.least, key.most, key.or_zero ? ", or 0" : "");
}

}  // namespace tenon::app
