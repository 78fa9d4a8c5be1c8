#include "app/configuration/value.hpp"

#include "foundation/json_text.hpp"
#include "foundation/overloaded.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>

namespace tenon::app {
namespace {

constexpr std::string_view hidden = "***";

std::optional<std::int64_t> read_integer(std::string_view text) {
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

bool in_range(const Key& key, std::int64_t number) {
    return (number >= key.least && number <= key.most) || (key.or_zero && number == 0);
}

std::string integer_fix(const Key& key) {
    return "give an integer " + range_text(key);
}

std::optional<Fault> fault_of(const Key& key, std::int64_t number) {
    return in_range(key, number)
               ? std::nullopt
               : std::optional(Fault{fmt::format("{} is out of range", number), integer_fix(key)});
}

std::string shown(const Key& key, std::string_view text) {
    return fmt::format("'{}'", redacted_text(key, text));
}

std::optional<Fault> fault_of(const Key& key, const std::string& text) {
    if (text.find('\0') != std::string::npos) {
        return Fault{"the value has a zero byte", "remove it"};
    }
    if (key.type == KeyType::choice && !is_choice(key, text)) {
        return Fault{
            fmt::format("{} is none of its choices", shown(key, text)), "write " + choices_text(key)
        };
    }
    if (key.check == nullptr || text.empty()) {
        return std::nullopt;
    }
    auto sentence = key.check(text);
    return sentence.empty() ? std::nullopt : std::optional(Fault{std::move(sentence), ""});
}

std::optional<Fault> fault_of(const Key& key, const TextList& texts) {
    for (const auto& text : texts) {
        if (text.empty()) {
            return Fault{"a member of the list is empty", "remove it"};
        }
        if (auto fault = fault_of(key, text)) {
            return fault;
        }
    }
    return std::nullopt;
}

std::string pair_text(const Key& key) {
    if (key.most != 0) {
        return fmt::format("NAME=N with N {}", range_text(key));
    }
    return key.choices.empty() ? "NAME=VALUE" : "NAME=VALUE with VALUE " + choices_text(key);
}

bool is_entry(const Key& key, const std::string& name, const std::string& value) {
    if (name.empty() || value.empty()) {
        return false;
    }
    if (key.most != 0) {
        const auto number = read_integer(value);
        return number && in_range(key, *number);
    }
    return key.choices.empty() || is_choice(key, value);
}

Fault no_entry(const Key& key, std::string_view text) {
    return {fmt::format("'{}' is not {}", text, pair_text(key)), ""};
}

std::optional<Fault> fault_of(const Key& key, const TextTable& table) {
    for (const auto& [name, value] : table) {
        if (!is_entry(key, name, value)) {
            return no_entry(key, name + "=" + value);
        }
    }
    return std::nullopt;
}

std::optional<Fault> fault_of(const Key& /*key*/, bool /*flag*/) {
    return std::nullopt;
}

TextList split(std::string_view text) {
    TextList parts;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        parts.emplace_back(text.substr(0, comma));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return parts;
}

Checked read_table(const Key& key, const TextList& parts) {
    TextTable table;
    for (const auto& part : parts) {
        const auto equals =
            key.most != 0 || !key.choices.empty() ? part.rfind('=') : part.find('=');
        if (equals == std::string::npos) {
            return no_entry(key, part);
        }
        auto name = part.substr(0, equals);
        auto value = part.substr(equals + 1);
        if (!is_entry(key, name, value)) {
            return no_entry(key, part);
        }
        if (!table.emplace(name, std::move(value)).second) {
            return Fault{name + " is named twice", "remove one of them"};
        }
    }
    return Value(std::move(table));
}

Checked read_boolean(std::string_view text) {
    for (const auto word : {"true", "yes", "on", "1"}) {
        if (text == word) {
            return Value(true);
        }
    }
    for (const auto word : {"false", "no", "off", "0"}) {
        if (text == word) {
            return Value(false);
        }
    }
    return Fault{fmt::format("'{}' is neither true nor false", text), "write one of them"};
}

/// A name as TOML takes it, quoted when it must be.
std::string toml_name(const std::string& name) {
    const bool bare = !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
    return bare ? name : json_quote(name);
}

/// A value of a table, as both TOML and JSON write it.
std::string member_text(const Key& key, const std::string& value) {
    return key.most != 0 ? value : json_quote(value);
}

std::string list_text(const TextList& texts, std::string_view separator) {
    std::string joined;
    for (const auto& text : texts) {
        joined += joined.empty() ? "" : std::string(separator);
        joined += json_quote(text);
    }
    return "[" + joined + "]";
}

/// "postgresql://user:***@host/name" and "host=… password=***".
std::string without_password(std::string_view text) {
    std::string shown(text);
    const auto scheme = shown.find("://");
    if (scheme != std::string::npos) {
        // Up to the last '@': a password that nobody escaped may have one, or a '/'.
        const auto colon = shown.find(':', scheme + 3);
        const auto at = shown.rfind('@');
        if (at != std::string::npos && colon < at) {
            shown.replace(colon + 1, at - colon - 1, hidden);
        }
    }
    const auto word = shown.find("password");
    if (word != std::string::npos) {
        // What follows may be quoted in several ways: nothing of it is shown.
        shown = shown.substr(0, word) + "password=" + std::string(hidden);
    }
    return shown;
}

}  // namespace

Checked read_value(const Key& key, std::string_view text) {
    switch (key.type) {
        case KeyType::boolean: return read_boolean(text);
        case KeyType::integer: {
            const auto number = read_integer(text);
            return number ? check_value(key, *number)
                          : Fault{shown(key, text) + " is no integer", integer_fix(key)};
        }
        case KeyType::list: return check_value(key, split(text));
        case KeyType::table: return read_table(key, split(text));
        case KeyType::text:
        case KeyType::path:
        case KeyType::choice: return check_value(key, std::string(text));
    }
    return Fault{"the key has no type", ""};
}

Checked read_values(const Key& key, const TextList& texts) {
    if (key.type != KeyType::list && key.type != KeyType::table) {
        return texts.size() == 1 ? read_value(key, texts.front())
                                 : Fault{"it is given more than once", "give it once"};
    }
    TextList parts;
    for (const auto& text : texts) {
        std::ranges::move(split(text), std::back_inserter(parts));
    }
    return key.type == KeyType::list ? check_value(key, std::move(parts)) : read_table(key, parts);
}

Checked check_value(const Key& key, Value value) {
    auto fault = std::visit([&](const auto& held) { return fault_of(key, held); }, value);
    return fault ? Checked(std::move(*fault)) : Checked(std::move(value));
}

std::optional<Value> usual_value(const Key& key) {
    if (key.usual.empty() && key.type != KeyType::list && key.type != KeyType::table) {
        return std::nullopt;
    }
    const auto value = read_value(key, key.usual);
    return std::get<Value>(value);
}

std::string to_toml(const Key& key, const Value& value) {
    return std::visit(
        Overloaded{
            [](bool flag) { return std::string(flag ? "true" : "false"); },
            [](std::int64_t number) { return std::to_string(number); },
            [](const std::string& text) { return json_quote(text); },
            [](const TextList& texts) { return list_text(texts, ", "); },
            [&](const TextTable& table) {
                std::string entries;
                for (const auto& [name, entry] : table) {
                    entries += entries.empty() ? " " : ", ";
                    entries += toml_name(name) + " = " + member_text(key, entry);
                }
                return entries.empty() ? std::string("{}") : "{" + entries + " }";
            }
        },
        value
    );
}

std::string to_json(const Key& key, const Value& value) {
    const auto* table = std::get_if<TextTable>(&value);
    if (table == nullptr) {
        return to_toml(key, value);
    }
    std::string members;
    for (const auto& [name, entry] : *table) {
        members += members.empty() ? "" : ",";
        members += json_quote(name) + ":" + member_text(key, entry);
    }
    return "{" + members + "}";
}

Value redacted(const Key& key, Value value) {
    if (key.secrecy == Secrecy::whole) {
        return std::string(hidden);
    }
    auto* text = std::get_if<std::string>(&value);
    return text == nullptr ? value : Value(redacted_text(key, *text));
}

std::string redacted_text(const Key& key, std::string_view text) {
    switch (key.secrecy) {
        case Secrecy::open: return std::string(text);
        case Secrecy::password: return without_password(text);
        case Secrecy::whole: return std::string(hidden);
    }
    return std::string(hidden);
}

}  // namespace tenon::app
