#pragma once

#include <tenon/abi/call.h>

#include <cstdint>

namespace tenon::plugin_host {

/// Why a call should stop. The values are those of the ABI.
enum class CancelReason : std::uint8_t {
    none = TENON_NOT_CANCELLED,
    deadline = TENON_CANCEL_DEADLINE,
    task = TENON_CANCEL_TASK,
    shutdown = TENON_CANCEL_SHUTDOWN,
    reload = TENON_CANCEL_RELOAD,
};

}  // namespace tenon::plugin_host
