#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::plugin_host {

/// Where the handlers of a plugin run.
enum class Isolation : std::uint8_t {
    in_process,  ///< In the host: a call costs nanoseconds, a crash the host.
    process,     ///< In runner processes: a call costs microseconds, a crash one step.
};

/// "in_process" or "process", as in options and documents.
std::string_view to_string(Isolation isolation) noexcept;

/// The inverse of `to_string`; nullopt for anything else.
std::optional<Isolation> parse_isolation(std::string_view text) noexcept;

/// What decides where the handlers of a build run.
struct IsolationPolicy {
    Isolation usual = Isolation::in_process;
    std::map<std::string, Isolation, std::less<>> by_plugin = {};  ///< By the plugin's id.
    /// Asked for every build that is loaded, by its SHA-256: `process` for one that may not run in
    /// the host any more. Empty: there is none.
    std::function<Isolation(const std::string&)> demotion = {};

    Isolation of(std::string_view plugin_id, const std::string& sha256) const;
};

}  // namespace tenon::plugin_host
