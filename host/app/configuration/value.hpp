#pragma once

#include "app/configuration/key.hpp"
#include "foundation/result.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tenon::app {

using TextList = std::vector<std::string>;
using TextTable = std::map<std::string, std::string, std::less<>>;

/// The value of a key, of its type: a path or a choice is a text, a table's integers are texts.
using Value = std::variant<bool, std::int64_t, std::string, TextList, TextTable>;

/// What is wrong with a value, and the fix.
struct Fault {
    std::string sentence;
    std::string fix;
};

/// A value or what is wrong with it.
using Checked = std::variant<Value, Fault>;

/// Reads the text of a variable, an option or an expanded text of a file as the key's type, and
/// checks it. Lists and tables are separated by commas.
Checked read_value(const Key& key, std::string_view text);

/// The same of several texts, as of a repeated option.
Checked read_values(const Key& key, const TextList& texts);

/// Checks a value that has the key's type already.
Checked check_value(const Key& key, Value value);

/// The key's default; none when it is unset.
std::optional<Value> usual_value(const Key& key);

/// The value as TOML writes it: 128, "all", ["a", "b"], { a = 2 }. Shows secrets.
std::string to_toml(const Key& key, const Value& value);

/// The value as JSON. Shows secrets.
std::string to_json(const Key& key, const Value& value);

/// The value, and of a secret only what may be shown.
Value redacted(const Key& key, Value value);

/// The same of a text that is not known to be a value of the key.
std::string redacted_text(const Key& key, std::string_view text);

}  // namespace tenon::app
