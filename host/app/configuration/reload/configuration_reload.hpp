#pragma once

#include "app/configuration/configuration.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tenon::app {

/// One key that has another value than before.
struct Change {
    KeyId key{};
    std::string before;  ///< As TOML writes it, redacted; "unset" for none.
    std::string after;

    /// "dispatch.mode: \"Hybrid\" → \"PollingOnly\"".
    std::string to_string() const;
};

/// What differs between two configurations, in the order of the schema.
std::vector<Change> changes_between(const Configuration& before, const Configuration& after);

/// Reads the configuration of a running host again and takes on what can be taken on. One thread at
/// a time.
class ConfigurationReload {
public:
    /// Makes a running host what a configuration says of one key, which is of `Reload::sighup` and
    /// has changed.
    using TakeOn = std::function<void(KeyId, const Configuration&)>;

    ConfigurationReload(ConfigurationSources sources, Configuration current, TakeOn take_on);

    /// Logs what changed, and which of it needs a restart. A configuration with errors is refused
    /// as a whole, with each of them in the log. Returns whether it was taken on.
    bool reload();

    /// What holds now: of keys that need a restart, still the value from the start.
    const Configuration& current() const noexcept { return current_; }

private:
    const ConfigurationSources sources_;
    Configuration current_;
    const TakeOn take_on_;
};

}  // namespace tenon::app
