#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::app {

/// What a key's value is.
enum class KeyType : std::uint8_t {
    boolean,
    integer,
    text,
    path,
    choice,  ///< One of `Key::choices`.
    list,    ///< Texts; on a command line and in a variable separated by commas.
    table    ///< A value for each name; on a command line and in a variable NAME=VALUE,…
};

/// When a running host takes a change on.
enum class Reload : std::uint8_t { restart, sighup };

/// What of a value may be shown.
enum class Secrecy : std::uint8_t {
    open,
    password,  ///< A connection string: all but its password.
    whole      ///< Nothing of it.
};

/// One thing that can be configured. Everything that is known of it stands here, and nowhere else:
/// its option, its variable, its documentation and its checks all come from this.
///
/// Made by the functions below and refined by its own: `text(…).option("url").sighup()`.
struct Key {
    using Check = std::string (*)(std::string_view);

    std::string_view name;  ///< "section.word", as in TOML.
    KeyType type{};
    std::string_view usual;           ///< The default, as text; empty: unset.
    std::string_view summary;         ///< What it is, in one line without a full stop.
    std::int64_t least = 0;           ///< Of an integer, or of a table's integers.
    std::int64_t most = 0;            ///< 0 with a table: its values are no integers.
    std::string_view choices{};       ///< "a|b|c": of a choice, or of a table's values.
    std::string_view short_option{};  ///< Without "--"; empty: `name` with hyphens.
    std::string_view when_unset{};    ///< What holds while it is unset, for people.
    std::string_view shown_as{};      ///< What stands for its value in help; empty: by its type.
    Reload reload = Reload::restart;
    Secrecy secrecy = Secrecy::open;
    bool or_zero = false;   ///< 0 is allowed too, below `least`.
    Check check = nullptr;  ///< What else is wrong with a text, and the fix; empty: nothing.

    constexpr std::string_view section() const { return name.substr(0, name.find('.')); }

    constexpr std::string_view word() const { return name.substr(name.find('.') + 1); }

    constexpr Key option(std::string_view words) const {
        auto key = *this;
        key.short_option = words;
        return key;
    }

    constexpr Key unset(std::string_view sentence) const {
        auto key = *this;
        key.when_unset = sentence;
        return key;
    }

    constexpr Key shown(std::string_view placeholder) const {
        auto key = *this;
        key.shown_as = placeholder;
        return key;
    }

    constexpr Key checked(Check with) const {
        auto key = *this;
        key.check = with;
        return key;
    }

    constexpr Key zero_too() const {
        auto key = *this;
        key.or_zero = true;
        return key;
    }

    /// A running host takes a change on when it gets SIGHUP.
    constexpr Key sighup() const {
        auto key = *this;
        key.reload = Reload::sighup;
        return key;
    }

    /// A connection string, of which the password is never shown.
    constexpr Key with_password() const {
        auto key = *this;
        key.secrecy = Secrecy::password;
        return key;
    }

    /// Never shown at all.
    constexpr Key secret() const {
        auto key = *this;
        key.secrecy = Secrecy::whole;
        return key;
    }
};

namespace schema {

struct Range {
    std::int64_t least;
    std::int64_t most;
};

constexpr Key boolean(std::string_view name, bool usual, std::string_view summary) {
    return {name, KeyType::boolean, usual ? "true" : "false", summary};
}

constexpr Key integer(
    std::string_view name,
    std::string_view usual,
    Range range,
    std::string_view summary
) {
    return {name, KeyType::integer, usual, summary, range.least, range.most};
}

constexpr Key text(std::string_view name, std::string_view usual, std::string_view summary) {
    return {name, KeyType::text, usual, summary};
}

constexpr Key path(std::string_view name, std::string_view summary) {
    return {name, KeyType::path, {}, summary};
}

constexpr Key choice(
    std::string_view name,
    std::string_view usual,
    std::string_view choices,
    std::string_view summary
) {
    return {name, KeyType::choice, usual, summary, 0, 0, choices};
}

constexpr Key list(std::string_view name, std::string_view summary) {
    return {name, KeyType::list, {}, summary};
}

constexpr Key table(std::string_view name, std::string_view summary) {
    return {name, KeyType::table, {}, summary};
}

constexpr Key integers(std::string_view name, Range range, std::string_view summary) {
    return {name, KeyType::table, {}, summary, range.least, range.most};
}

constexpr Key choices(std::string_view name, std::string_view words, std::string_view summary) {
    return {name, KeyType::table, {}, summary, 0, 0, words};
}

}  // namespace schema

/// "--plugin-limit" of a key.
std::string option_of(const Key& key);

/// "TENON_PLUGIN_LIMIT" of a key: always its option in capitals.
std::string variable_of(const Key& key);

/// "an integer from 1 to 10000", "all, orchestration or worker": what a value must be.
std::string type_text(const Key& key);

/// "N", "PATH", "all|orchestration|worker": what stands for a value in help.
std::string placeholder_of(const Key& key);

std::size_t choice_count(const Key& key);
std::string_view choice_at(const Key& key, std::size_t index);
bool is_choice(const Key& key, std::string_view text);

/// "a, b or c": the choices for a sentence.
std::string choices_text(const Key& key);

/// "from 1 to 10000, or 0": the range for a sentence.
std::string range_text(const Key& key);

}  // namespace tenon::app
