#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tenon::app {

/// Where a value comes from; what stands further down overrides.
enum class Layer : std::uint8_t { usual, base, environment, variable, option };

/// Where exactly.
struct Origin {
    Layer layer = Layer::usual;
    std::string place{};     ///< A file, a variable or an option; empty for a default.
    std::uint32_t line = 0;  ///< From 1, in a file; 0: nowhere in particular.
    std::uint32_t column = 0;

    /// "config/base/host.toml:3:1", "TENON_SLOTS", "--slots" or "default".
    std::string to_string() const;
};

/// Something wrong with a configuration, and what to do about it.
struct Problem {
    enum class Severity : std::uint8_t { warning, error };

    Severity severity = Severity::error;
    Origin origin{};
    std::string key{};       ///< As it was written; empty: not about a key.
    std::string value{};     ///< What it was given, redacted; empty: not about a value.
    std::string sentence{};  ///< What is wrong. Lower case, no full stop.
    std::string fix{};       ///< What to do about it, the same way.

    /// All of it in one line: "config/base/host.toml:3:1: dispatch.slots: 0 is …; give …".
    std::string to_string() const;

    /// All of it as a JSON object.
    std::string to_json() const;
};

using Problems = std::vector<Problem>;

/// True when one of them is more than a warning.
bool has_errors(const Problems& problems);

}  // namespace tenon::app
