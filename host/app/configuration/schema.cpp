#include "app/configuration/schema.hpp"

#include "foundation/http/http_server.hpp"
#include "foundation/suggestion.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fmt/format.h>
#include <vector>

namespace tenon::app {
namespace {

bool any_of_keys(bool (*is_it)(const Key&, std::string_view), std::string_view word) {
    return std::ranges::any_of(schema::all, [&](const Key& key) { return is_it(key, word); });
}

std::string_view last_word(std::string_view name) {
    const auto dot = name.rfind('.');
    return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

/// The one of `words` that `word` most likely is, as an index; none when none is near.
std::optional<std::size_t> nearest(std::string_view word, const std::vector<std::string>& words) {
    const std::vector<std::string_view> candidates(words.begin(), words.end());
    const auto found = did_you_mean(word, candidates);
    for (std::size_t i = 0; i < words.size() && !found.empty(); ++i) {
        if (found.find("'" + words[i] + "'") != std::string::npos) {
            return i;
        }
    }
    return std::nullopt;
}

std::vector<std::string> words_of_keys(std::string (*word_of)(const Key&)) {
    std::vector<std::string> words;
    std::ranges::transform(schema::all, std::back_inserter(words), word_of);
    return words;
}

}  // namespace

namespace schema {

std::string check_listen(std::string_view text) {
    const auto address = parse_listen_address(text);
    return address ? "" : address.error().detail;
}

std::string check_user_id(std::string_view text) {
    std::uint32_t id = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, id);
    return read.ec == std::errc() && read.ptr == end
               ? ""
               : fmt::format(
                     "'{}' is no user id; give its number, which 'id -u NAME' prints", text
                 );
}

}  // namespace schema

std::optional<KeyId> find_key(std::string_view word) {
    for (std::size_t i = 0; i < key_count; ++i) {
        const auto& candidate = schema::all[i];
        if (candidate.name == word || option_of(candidate) == word ||
            variable_of(candidate) == word) {
            return KeyId{i};
        }
    }
    return std::nullopt;
}

bool is_section(std::string_view word) {
    return any_of_keys(
        [](const Key& key, std::string_view section) { return key.section() == section; }, word
    );
}

std::string nearest_key(std::string_view word) {
    const auto quoted = [](std::size_t i) { return fmt::format("'{}'", schema::all[i].name); };
    // The right word in a wrong section, or as an option writes it, is nearer than any misspelling.
    for (std::size_t i = 0; i < key_count; ++i) {
        const auto& candidate = schema::all[i];
        if (candidate.word() == last_word(word) ||
            option_of(candidate).substr(2) == last_word(word)) {
            return quoted(i);
        }
    }
    if (const auto i =
            nearest(word, words_of_keys([](const Key& k) { return std::string(k.name); }))) {
        return quoted(*i);
    }
    if (word.find('.') == std::string_view::npos) {
        const auto sections = words_of_keys([](const Key& k) { return std::string(k.section()); });
        if (const auto near = nearest(word, sections)) {
            return fmt::format("'{}'", sections[*near]);
        }
    }
    const auto i =
        nearest(last_word(word), words_of_keys([](const Key& k) { return std::string(k.word()); }));
    return i ? quoted(*i) : "";
}

std::string nearest_variable(std::string_view word) {
    const auto i = nearest(word, words_of_keys(variable_of));
    return i ? fmt::format(" (did you mean '{}'?)", variable_of(schema::all[*i])) : "";
}

}  // namespace tenon::app
