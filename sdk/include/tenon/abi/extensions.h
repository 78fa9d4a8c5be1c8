/// What most handlers do not need, fetched by a versioned id from `tenon_call_api.get_extension`.
/// A host that does not offer one answers null, so every use has a plan for its absence.
#pragma once

#include <tenon/abi/call.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TENON_EXT_EVENTS "tenon.events/1"
#define TENON_EXT_HEARTBEAT "tenon.heartbeat/1"
#define TENON_EXT_CHECKPOINT "tenon.checkpoint/1"
#define TENON_EXT_CANCEL_FD "tenon.cancel_fd/1"

/// Domain events of a step.
typedef struct tenon_events {
    uint32_t size;
    uint32_t reserved;

    /// [call] Buffers what an event that the step declares (`publishes_events` of its template) is
    /// to say. It is published with the outcome of this call, if the attempt settles and the
    /// outcome meets the condition of the declaration; one event for each call of this function.
    /// The host copies both.
    /// Errors: TENON_E_NOT_FOUND (the step declares no event `name`), TENON_E_INVALID
    /// (`payload_json` is not JSON), TENON_E_TOO_LARGE (more than 64 events in a call, or more than
    /// 256 KiB of names and payloads together).
    tenon_status (*publish)(tenon_call* call, tenon_str name, tenon_str payload_json);
} tenon_events;

/// Signs of life of a long step.
typedef struct tenon_heartbeat {
    uint32_t size;
    uint32_t reserved;

    /// [call] Reports `fraction` (0 to 1) as done and renews the step's lease.
    /// Errors: TENON_E_CANCELLED once the call should stop.
    tenon_status (*beat)(tenon_call* call, double fraction, tenon_str message);
} tenon_heartbeat;

/// Progress that survives the process.
typedef struct tenon_checkpoint {
    uint32_t size;
    uint32_t reserved;

    /// [call] Stores `json` as the step's checkpoint; durable on return, so it blocks for a
    /// commit. Errors: TENON_E_INVALID (no JSON), TENON_E_TOO_LARGE (more than 1 MiB),
    /// TENON_E_CANCELLED (the attempt is no longer this host's: stop), TENON_E_INTERNAL (it could
    /// not be stored; retrying may help).
    tenon_status (*save)(tenon_call* call, tenon_str json);
} tenon_checkpoint;

/// Cancellation for handlers that sit in poll().
typedef struct tenon_cancel_fd {
    uint32_t size;
    uint32_t reserved;

    /// [call] A descriptor that becomes readable when the call should stop. The host owns it;
    /// it is closed when call() returns. -1 when none could be made.
    int32_t (*get)(tenon_call* call);
} tenon_cancel_fd;

TENON_FREEZE(tenon_events, publish, 8);
TENON_FREEZE(tenon_heartbeat, beat, 8);
TENON_FREEZE(tenon_checkpoint, save, 8);
TENON_FREEZE(tenon_cancel_fd, get, 8);

#ifdef __cplusplus
}
#endif
