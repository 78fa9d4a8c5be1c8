/// One execution of one step: what the handler is given, and the services of the call.
///
/// Services hang off the call, not off globals, so the same binary runs in a host, in a child
/// process, in a validator and in a unit test.
#pragma once

#include <tenon/abi/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The host's handle of one execution. Valid until it ends: when the handler's call() returns, or,
/// after TENON_PENDING, when complete() returns. Used later, every service answers TENON_E_STATE
/// and does nothing.
typedef struct tenon_call tenon_call;

/// Why a call should stop; 0 while it should not.
enum {
    TENON_NOT_CANCELLED = 0,
    TENON_CANCEL_DEADLINE = 1,
    TENON_CANCEL_TASK = 2,
    TENON_CANCEL_SHUTDOWN = 3,
    TENON_CANCEL_RELOAD = 4
};

/// tenon_error.retryable.
enum { TENON_RETRY_BY_TEMPLATE = -1, TENON_RETRY_NEVER = 0, TENON_RETRY_ALLOWED = 1 };

/// Why a step failed. The host copies every string.
typedef struct tenon_error {
    uint32_t size;
    int32_t retryable;       ///< One of TENON_RETRY_*.
    tenon_str message;       ///< A sentence for people.
    tenon_str error_type;    ///< Its class, e.g. "PermanentError".
    tenon_str error_code;    ///< Its code for machines, e.g. "VALIDATION_ERROR".
    tenon_str context_json;  ///< A JSON object with details, or empty.
    int64_t retry_after_ms;  ///< Wait this long before the next attempt; negative: the template's.
} tenon_error;

/// The result of a direct dependency. `tenon_step.dependency_stride` is its size.
typedef struct tenon_dependency {
    tenon_str name;         ///< The step's name.
    tenon_str result_json;  ///< The bare result, as JSON text.
} tenon_dependency;

/// The services of one call. Every function takes the handle it belongs to, returns at once
/// unless it says otherwise, and never throws.
typedef struct tenon_call_api {
    uint32_t size;
    uint32_t reserved;

    /// [call] Sets the step's result; the last one counts. The host copies `json`.
    /// Errors: TENON_E_TOO_LARGE, TENON_E_INVALID (not JSON, or nested too deeply); the step then
    /// fails whatever call() returns.
    tenon_status (*set_result)(tenon_call* call, tenon_str json);

    /// [call] A host-owned buffer of `bytes` for the result, so that a large one is not copied.
    /// What it holds when call() returns is checked and becomes the result. Errors:
    /// TENON_E_TOO_LARGE.
    tenon_status (*reserve_result)(tenon_call* call, uint64_t bytes, char** buffer);

    /// [call] Says why the step fails; call() then returns TENON_FAILED. The host copies `error`,
    /// bounds its texts and repairs their UTF-8. Errors: TENON_E_INVALID (null).
    tenon_status (*set_error)(tenon_call* call, const tenon_error* error);

    /// [call] The result of any ancestor, fetched when asked for: may block for a database round
    /// trip. `*json` stays valid until call() returns. Errors: TENON_E_NOT_FOUND (not an ancestor,
    /// or without a result), TENON_E_INTERNAL (the host could not fetch it; retrying may help).
    tenon_status (*result_of)(tenon_call* call, tenon_str step_name, tenon_str* json);

    /// [any] One of TENON_CANCEL_*, TENON_NOT_CANCELLED while the call should go on. Cheap.
    int32_t (*cancel_reason)(const tenon_call* call);

    /// [any] One line of log, tagged by the host with step, task and correlation.
    /// `fields_json` is a JSON object or empty.
    void (*log)(tenon_call* call, int32_t level, tenon_str message, tenon_str fields_json);

    /// [any] Ends a call whose handler returned TENON_PENDING, or is about to, with what it would
    /// have returned: TENON_OK after set_result, TENON_FAILED after set_error, TENON_YIELD,
    /// TENON_E_CANCELLED. Until then the handle and the step stay valid, and the thread that will
    /// complete it may use every service marked [call]. A call that is asked to stop and is not
    /// completed within 5 s is given up. Errors: TENON_E_STATE (completed before),
    /// TENON_E_INVALID (TENON_PENDING is no end).
    tenon_status (*complete)(tenon_call* call, tenon_status outcome);

    /// [call] The function table of an extension bound to this call, e.g. "tenon.events/1", or
    /// null. See extensions.h. Valid until call() returns.
    const void* (*get_extension)(tenon_call* call, const char* id);
} tenon_call_api;

/// What a handler is asked to do. Everything it points to is valid until the call ends.
typedef struct tenon_step {
    uint32_t size;
    uint32_t attempt;       ///< From 1.
    uint32_t max_attempts;  ///< Total attempts of the template.
    uint32_t flags;         ///< 0; reserved.

    tenon_str callable;  ///< As declared, e.g. "linear::LinearStep1Handler".
    tenon_str method;    ///< The entry of a handler with several methods; "call" by default.
    tenon_str task_uuid;
    tenon_str step_uuid;
    tenon_str step_name;
    tenon_str namespace_name;
    tenon_str correlation_id;
    tenon_str traceparent;  ///< W3C trace context, or empty.

    tenon_str context_json;         ///< The task's context, a JSON object.
    tenon_str initialization_json;  ///< The handler's part of the template, a JSON object.
    tenon_str checkpoint_json;      ///< The last durable checkpoint of this step, or empty.

    const tenon_dependency* dependencies;  ///< `dependency_count` direct dependencies.
    uint32_t dependency_count;
    uint32_t dependency_stride;  ///< Bytes from one to the next.

    int64_t deadline_mono_ns;  ///< CLOCK_MONOTONIC; 0: none.
    const tenon_call_api* api;
} tenon_step;

TENON_FREEZE(tenon_error, message, 8);
TENON_FREEZE(tenon_error, error_type, 24);
TENON_FREEZE(tenon_error, error_code, 40);
TENON_FREEZE(tenon_error, context_json, 56);
TENON_FREEZE(tenon_error, retry_after_ms, 72);
TENON_STATIC_ASSERT(sizeof(tenon_error) == 80);

TENON_FREEZE(tenon_dependency, result_json, 16);
TENON_STATIC_ASSERT(sizeof(tenon_dependency) == 32);

TENON_FREEZE(tenon_call_api, set_result, 8);
TENON_FREEZE(tenon_call_api, reserve_result, 16);
TENON_FREEZE(tenon_call_api, set_error, 24);
TENON_FREEZE(tenon_call_api, result_of, 32);
TENON_FREEZE(tenon_call_api, cancel_reason, 40);
TENON_FREEZE(tenon_call_api, log, 48);
TENON_FREEZE(tenon_call_api, complete, 56);
TENON_FREEZE(tenon_call_api, get_extension, 64);
TENON_STATIC_ASSERT(sizeof(tenon_call_api) == 72);

TENON_FREEZE(tenon_step, callable, 16);
TENON_FREEZE(tenon_step, step_name, 80);
TENON_FREEZE(tenon_step, traceparent, 128);
TENON_FREEZE(tenon_step, context_json, 144);
TENON_FREEZE(tenon_step, checkpoint_json, 176);
TENON_FREEZE(tenon_step, dependencies, 192);
TENON_FREEZE(tenon_step, dependency_stride, 204);
TENON_FREEZE(tenon_step, deadline_mono_ns, 208);
TENON_FREEZE(tenon_step, api, 216);
TENON_STATIC_ASSERT(sizeof(tenon_step) == 224);

#ifdef __cplusplus
}
#endif
