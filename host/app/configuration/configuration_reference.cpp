#include "app/configuration/configuration_reference.hpp"

#include "app/configuration/value.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>

namespace tenon::app {
namespace {

constexpr std::string_view introduction = R"(# Configuration

<!-- Written by `tenon config reference` from the schema; a test holds it to that. -->

What a host is to be, it learns from these, each of which overrides the ones before:

1. the defaults below;
2. `base/*.toml` of the folder that `--config` (`TENON_CONFIG`) names;
3. `environments/NAME/*.toml` of that folder, when `--env` (`TENON_ENV`) gives a NAME;
4. variables: that of a key is its option in capitals, so `--slots` is `TENON_SLOTS`;
5. options of the command line.

`--config` may name a single file too. Within a layer a key may be given once. Without `--config`
no file is read. A variable that is empty counts as unset, and one of `TENON_` that nothing reads
is warned of.

Files are [TOML](https://toml.io): `[dispatch]` and `slots = 64` below it, or `dispatch.slots =
64`. In a text, `${NAME}` is the value of a variable and `${NAME:-default}` one with a default;
`$$` is a dollar sign. A text with variables in it may stand for a value of any type, as in `slots
= "${SLOTS:-64}"`; then, as on the command line and in variables, lists are written `a,b` and
tables `name=value,…`.

    tenon config check --config config --env production   everything that is wrong, at once
    tenon config show --config config --env production    what holds, and where it comes from
    tenon config explain dispatch.slots                   what a key means and may be

Passwords and secrets are never shown, neither by these nor in the log. A host with anything wrong
in its configuration does not start, and says all of it. At SIGHUP a host reads its files again.
Keys marked ↻ take effect at once; the log says what changed, and which changes wait for a
restart. A configuration that has become wrong is refused as a whole, and the one before stays.
)";

std::string value_text(const Key& key) {
    if (key.usual.empty()) {
        return std::string(key.when_unset);
    }
    const auto value = usual_value(key);
    return value ? "`" + to_toml(key, *value) + "`" : "";
}

/// A '|' would end a table's cell.
std::string cell(std::string text) {
    for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
        text.insert(at, "\\");
    }
    return text;
}

std::string row(const Key& key) {
    const bool live = key.reload == Reload::sighup;
    return fmt::format(
        "| `{}`{} | {} | {} | {} | `{}` |\n",
        key.name,
        live ? " ↻" : "",
        cell(std::string(key.summary)),
        cell(type_text(key)),
        cell(value_text(key)),
        key.type == KeyType::boolean && key.usual == "true" ? "--no-" + option_of(key).substr(2)
                                                            : option_of(key)
    );
}

std::string example(const Key& key) {
    switch (key.type) {
        case KeyType::boolean: return key.usual == "true" ? "false" : "true";
        case KeyType::integer:
            return std::string(key.usual.empty() ? std::to_string(key.least) : key.usual);
        case KeyType::choice: return fmt::format("\"{}\"", choice_at(key, choice_count(key) - 1));
        case KeyType::list: return R"(["a", "b"])";
        case KeyType::table:
            if (key.most != 0) {
                return fmt::format("{{ \"name\" = {} }}", key.least);
            }
            return fmt::format(
                "{{ \"name\" = \"{}\" }}", key.choices.empty() ? "value" : choice_at(key, 0)
            );
        case KeyType::text:
        case KeyType::path: return "\"…\"";
    }
    return "";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> facts_of(const Key& key) {
    const auto usual = usual_value(key);
    const bool has_default = usual && !key.usual.empty();
    std::vector<std::pair<std::string, std::string>> facts{
        {"key", std::string(key.name)},
        {"what", std::string(key.summary)},
        {"value", type_text(key)},
        {"default",
         has_default ? to_toml(key, *usual)
                     : (key.when_unset.empty() ? "none" : std::string(key.when_unset))},
        {"file", fmt::format("[{}] {} = {}", key.section(), key.word(), example(key))},
        {"variable", variable_of(key)},
        {"option", option_of(key)},
        {"change", key.reload == Reload::sighup ? "at SIGHUP" : "with a restart"}
    };
    if (key.secrecy != Secrecy::open) {
        facts.emplace_back(
            "secret", key.secrecy == Secrecy::whole ? "never shown" : "shown without its password"
        );
    }
    return facts;
}

std::string configuration_reference() {
    std::string text(introduction);
    std::string_view section;
    for (const auto& key : schema::all) {
        if (key.section() != section) {
            section = key.section();
            text += fmt::format(
                "\n## {}\n\n| Key | What | Value | Default | Option |\n| --- | --- | --- | --- | "
                "--- |\n",
                section
            );
        }
        text += row(key);
    }
    return text;
}

}  // namespace tenon::app
