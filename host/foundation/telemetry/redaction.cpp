#include "foundation/telemetry/redaction.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tenon {

namespace {

constexpr std::string_view mask = "***";
constexpr std::size_t key_prefix_length = std::string_view("tenon_0123456789abcdef_").size();

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Where `word`, which is in lower case, begins at or after `from`, whatever the case of the text.
std::size_t find_word(const std::string& text, std::string_view word, std::size_t from) {
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(std::min(from, text.size()));
    const auto found = std::search(begin, text.end(), word.begin(), word.end(), [](char a, char b) {
        return lower(a) == b;
    });
    return found == text.end() ? std::string::npos : static_cast<std::size_t>(found - text.begin());
}

/// Masks `[from, to)` and returns where to go on.
std::size_t cover(std::string& text, std::size_t from, std::size_t to) {
    if (to > from) {
        text.replace(from, to - from, mask);
        return from + mask.size();
    }
    return from;
}

/// `scheme://user:password@host`. The last '@' before the path counts: passwords may have one.
void cover_urls(std::string& text) {
    for (auto at = text.find("://"); at != std::string::npos; at = text.find("://", at)) {
        at += 3;
        const auto end = std::min(text.find_first_of(" \t\n\"'/?", at), text.size());
        const auto host = text.rfind('@', end);
        const auto colon = text.find(':', at);
        if (host != std::string::npos && host > at && colon < host) {
            at = cover(text, colon + 1, host);
        }
    }
}

/// The end of a value of a connection string or a query that begins at `from`.
std::size_t end_of_value(const std::string& text, std::size_t from) {
    if (from < text.size() && (text[from] == '\'' || text[from] == '"')) {
        for (auto i = from + 1; i < text.size(); ++i) {
            if (text[i] == '\\') {
                ++i;
            } else if (text[i] == text[from]) {
                return i + 1;
            }
        }
        return text.size();
    }
    return std::min(text.find_first_of(" \t\n&;,\"'", from), text.size());
}

/// `password=x`, `PGPASSWORD = 'x y'` and, in JSON, `"password":"x"`.
void cover_passwords(std::string& text) {
    constexpr std::string_view word = "password";
    for (auto at = find_word(text, word, 0); at != std::string::npos;
         at = find_word(text, word, at)) {
        at += word.size();
        auto sign = text.find_first_not_of(" \"'", at);
        if (sign == std::string::npos || (text[sign] != '=' && text[sign] != ':')) {
            continue;
        }
        const bool assigned = text[sign] == '=' || sign > at;  // "password: wrong" is prose.
        sign = text.find_first_not_of(' ', sign + 1);
        if (assigned && sign != std::string::npos) {
            at = cover(text, sign, end_of_value(text, sign));
        }
    }
}

void cover_bearers(std::string& text) {
    constexpr std::string_view word = "bearer ";
    constexpr std::size_t shortest_token = 16;  // "Bearer realm=" and prose go on as they are.
    for (auto at = find_word(text, word, 0); at != std::string::npos;
         at = find_word(text, word, at)) {
        at += word.size();
        const auto end = std::min(text.find_first_of(" \t\n\"',;", at), text.size());
        if (end - at >= shortest_token) {
            at = cover(text, at, end);
        }
    }
}

bool is_token_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

std::size_t end_of_token(const std::string& text, std::size_t from) {
    while (from < text.size() && is_token_character(text[from])) {
        ++from;
    }
    return from;
}

void cover_tokens(std::string& text) {
    for (auto at = text.find("tenon_"); at != std::string::npos; at = text.find("tenon_", at)) {
        const auto secret = at + key_prefix_length;
        const bool is_key = secret < text.size() && text[secret - 1] == '_' &&
                            text.find_first_not_of("0123456789abcdef", at + 6) == secret - 1;
        at = is_key ? cover(text, secret, end_of_token(text, secret)) : at + 1;
    }
    for (auto at = text.find("eyJ"); at != std::string::npos; at = text.find("eyJ", at)) {
        const auto end = end_of_token(text, at);
        const auto dots = std::count(
            text.begin() + static_cast<std::ptrdiff_t>(at),
            text.begin() + static_cast<std::ptrdiff_t>(end),
            '.'
        );
        at = dots >= 2 ? cover(text, at, end) : end;
    }
}

}  // namespace

std::string redact(std::string_view text) {
    std::string shown(text);
    cover_urls(shown);
    cover_passwords(shown);
    cover_bearers(shown);
    cover_tokens(shown);
    return shown;
}

}  // namespace tenon
