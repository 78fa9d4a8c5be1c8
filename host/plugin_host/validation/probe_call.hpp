#pragma once

#include <tenon/abi/plugin.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::plugin_host {

/// What goes wrong on the host's side while a probe runs.
enum class HostFault : std::uint8_t {
    none,
    result_refused,
    error_refused,
    ancestors_away,
    no_extensions,
    checkpoint_away,
    checkpoint_lost,
    stop_at_once,
};

inline constexpr int host_faults = 8;

std::string_view to_string(HostFault fault) noexcept;

/// What a handler under validation is given.
struct ProbeInput {
    std::string context = "{}";
    std::string initialization = "{}";
    std::string checkpoint = {};
    std::string method = "call";
    std::uint32_t attempt = 1;
    HostFault fault = HostFault::none;
    std::optional<std::chrono::milliseconds> cancel_after = {};
};

/// What it did.
struct ProbeOutcome {
    tenon_status status = TENON_OK;  ///< As returned, or as given to complete().
    bool has_result = false;
    bool has_error = false;
    std::string bad_result = {};  ///< Why a result was refused, or empty.
    std::string exception = {};   ///< What left the handler, or empty.
    std::string checkpoint = {};  ///< The last one saved.
    bool wrote_to_host = false;
};

/// Runs `handler` once against a host that believes nothing: it keeps what the handler does, and
/// watches the memory that it lends. A pending call is waited for. [any-thread]
ProbeOutcome run_probe(const tenon_handler& handler, void* instance, const ProbeInput& input);

/// How often handles of ended calls were used so far, in this process.
std::uint64_t late_uses() noexcept;

}  // namespace tenon::plugin_host
