#pragma once

#include "app/configuration/expansion.hpp"
#include "app/configuration/problem.hpp"
#include "app/configuration/schema.hpp"
#include "app/configuration/value.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::app {

/// Where a configuration comes from. Each overrides the one before: the schema's defaults, the
/// files of `base/`, those of `environments/<environment>/`, variables, options.
struct ConfigurationSources {
    std::filesystem::path folder{};  ///< Or a single file; empty: no files.
    std::string environment{};       ///< Empty: the base alone.
    Variables variables{};           ///< Those of TENON_ count; all can be put into texts.
    std::vector<std::pair<KeyId, TextList>> options{};  ///< As given on the command line.
};

/// What holds for every key, and who said so. A value type.
class Configuration {
public:
    struct Setting {
        std::optional<Value> value{};  ///< None: unset.
        Origin origin{};
    };

    /// The schema's defaults.
    Configuration();

    const Setting& setting(KeyId id) const { return settings_[index_of(id)]; }

    bool is_set(KeyId id) const { return setting(id).value.has_value(); }

    /// How many keys are not left to their defaults.
    std::size_t given() const;

    /// The value of a key of that type; of an unset one an empty text, false or 0.
    bool flag(KeyId id) const { return get<bool>(id); }

    std::int64_t integer(KeyId id) const { return get<std::int64_t>(id); }

    std::string text(KeyId id) const { return get<std::string>(id); }

    TextList list(KeyId id) const { return get<TextList>(id); }

    TextTable table(KeyId id) const { return get<TextTable>(id); }

    /// An empty text leaves its key unset.
    void set(KeyId id, Value value, Origin origin);

    void restore(KeyId id, Setting setting) { settings_[index_of(id)] = std::move(setting); }

private:
    template <class T>
    T get(KeyId id) const {
        const auto& value = setting(id).value;
        return value ? std::get<T>(*value) : T{};
    }

    std::array<Setting, key_count> settings_;
};

/// A configuration and everything that is wrong with it. One with errors must not be used.
struct LoadedConfiguration {
    Configuration configuration{};
    Problems problems{};
    std::vector<std::filesystem::path> files{};  ///< Those that were read, in their order.
};

/// Reads all sources and finds all problems. Never throws for what the sources say.
LoadedConfiguration load_configuration(const ConfigurationSources& sources);

}  // namespace tenon::app
