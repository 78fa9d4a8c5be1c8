/// The plugin itself: its handlers, its life cycle, and the one symbol it exports.
///
/// A host calls init(), then handlers(), then any number of create/call/destroy, then quiesce(),
/// then deinit(). Nothing of the plugin runs after deinit() returns.
#pragma once

#include <tenon/abi/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/// tenon_handler.flags.
enum {
    TENON_HANDLER_CONCURRENT = 1u << 0,  ///< call() may run concurrently on one instance; without
                                         ///< it the host gives each concurrent call its own.
    TENON_HANDLER_IDEMPOTENT = 1u << 1,  ///< Running it twice has the effect of running it once.
    TENON_HANDLER_BLOCKING = 1u << 2,    ///< It waits more than it computes.
    TENON_HANDLER_BATCH = 1u << 3        ///< It yields with checkpoints.
};

/// One callable that the plugin implements. Lives, with all its strings, until deinit() returns.
typedef struct tenon_handler {
    uint32_t size;
    uint32_t flags;               ///< TENON_HANDLER_*.
    const char* callable;         ///< Unique in the host, e.g. "linear::LinearStep1Handler".
    const char* methods;          ///< Comma-separated; empty or null: "call".
    const char* input_schema;     ///< JSON Schema of the task's context, or null.
    const char* result_schema;    ///< JSON Schema of the result, or null.
    const char* doc;              ///< One sentence, or null.
    uint32_t max_concurrency;     ///< Calls at a time in one host; 0: no limit of its own.
    uint32_t default_timeout_ms;  ///< 0: the template's.
    void* user;                   ///< Passed to create().

    /// [any] Makes an instance; may be null (the instance is then null). On failure returns
    /// anything but TENON_OK and may leave a zero-terminated sentence in `error`.
    tenon_status (*create)(
        void* user,
        tenon_str config_json,
        void** instance,
        char* error,
        uint32_t error_size
    );

    /// [call] Runs a step: TENON_OK after set_result (or without: the result is `{}`),
    /// TENON_FAILED after set_error, TENON_E_CANCELLED when it stopped because it was asked to.
    tenon_status (*call)(void* instance, tenon_call* call, const tenon_step* step);

    /// [any] Ends an instance on which no call runs; may be null.
    void (*destroy)(void* instance);
} tenon_handler;

/// A step as a bare exported function, for callables written `library#symbol`. Its name begins
/// with `tenon_step_`, which the SDK's version script lets through. [call], like
/// tenon_handler.call.
typedef tenon_status (*tenon_step_function)(tenon_call* call, const tenon_step* step);

/// The host, as a plugin sees it from init() until deinit().
typedef struct tenon_host {
    uint32_t size;
    uint16_t abi_major;
    uint16_t abi_minor;
    const char* name;
    const char* version;
    void* context;  ///< The host's own.

    /// [any] One line of log outside any call.
    void (*log)(const struct tenon_host* host, int32_t level, tenon_str message);

    /// [any] A host-wide extension by id, or null.
    const void* (*get_extension)(const struct tenon_host* host, const char* id);
} tenon_host;

/// A plugin. Every function pointer except handlers() may be null.
typedef struct tenon_plugin {
    uint32_t size;
    uint32_t magic;  ///< TENON_ABI_MAGIC.
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t flags;       ///< 0; reserved.
    const char* id;       ///< Reverse domain name, e.g. "com.example.linear"; stable over builds.
    const char* version;  ///< Semantic version.
    const char* vendor;   ///< May be null.
    const char* sdk;      ///< SDK and compiler it was built with; may be null.

    /// [load] Called once, before anything else. On failure returns anything but TENON_OK and may
    /// leave a zero-terminated sentence in `error`; deinit() is then not called.
    tenon_status (*init)(
        const tenon_host* host,
        tenon_str config_json,
        char* error,
        uint32_t error_size
    );

    /// [load] After init(): the table of handlers and its length.
    uint32_t (*handlers)(const tenon_handler* const** table);

    /// [load] Checks itself where that is safe: never in a serving host.
    tenon_status (*selftest)(tenon_str options_json, char* error, uint32_t error_size);

    /// [any] Starts no new background work; returns how many pieces of it still run.
    uint64_t (*quiesce)(uint32_t deadline_ms);

    /// [load] Called once, when no call runs and every instance is destroyed.
    void (*deinit)(void);

    /// [any] A plugin-wide extension by id, or null.
    const void* (*get_extension)(const char* id);
} tenon_plugin;

/// The one exported symbol, data with the major in its name: a plugin may export `_v1` and `_v2`
/// side by side and serve hosts of two majors.
extern TENON_EXPORT const tenon_plugin tenon_plugin_v1;

TENON_FREEZE(tenon_handler, callable, 8);
TENON_FREEZE(tenon_handler, doc, 40);
TENON_FREEZE(tenon_handler, max_concurrency, 48);
TENON_FREEZE(tenon_handler, user, 56);
TENON_FREEZE(tenon_handler, create, 64);
TENON_FREEZE(tenon_handler, call, 72);
TENON_FREEZE(tenon_handler, destroy, 80);
TENON_STATIC_ASSERT(sizeof(tenon_handler) == 88);

TENON_FREEZE(tenon_host, name, 8);
TENON_FREEZE(tenon_host, context, 24);
TENON_FREEZE(tenon_host, log, 32);
TENON_FREEZE(tenon_host, get_extension, 40);
TENON_STATIC_ASSERT(sizeof(tenon_host) == 48);

TENON_FREEZE(tenon_plugin, magic, 4);
TENON_FREEZE(tenon_plugin, abi_major, 8);
TENON_FREEZE(tenon_plugin, id, 16);
TENON_FREEZE(tenon_plugin, sdk, 40);
TENON_FREEZE(tenon_plugin, init, 48);
TENON_FREEZE(tenon_plugin, handlers, 56);
TENON_FREEZE(tenon_plugin, deinit, 80);
TENON_FREEZE(tenon_plugin, get_extension, 88);
TENON_STATIC_ASSERT(sizeof(tenon_plugin) == 96);

#ifdef __cplusplus
}
#endif
