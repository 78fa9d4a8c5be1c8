#pragma once

// What the guests written in C share: one handler that succeeds, and a plugin around handlers.

#include <tenon/abi/note.h>

static inline tenon_status guest_succeed(void* self, tenon_call* call, const tenon_step* step) {
    (void)self;
    (void)call;
    (void)step;
    return TENON_OK;
}

#define GUEST_HANDLER(name, function) \
    {.size = sizeof(tenon_handler), .callable = (name), .call = (function)}

#define GUEST_PLUGIN(symbol, major, plugin_id, table_function) \
    const tenon_plugin symbol = {                              \
        .size = sizeof(tenon_plugin),                          \
        .magic = TENON_ABI_MAGIC,                              \
        .abi_major = (major),                                  \
        .id = (plugin_id),                                     \
        .version = "1.0.0",                                    \
        .handlers = (table_function),                          \
    }

// A plugin with one handler that succeeds.
#define GUEST_SIMPLE_PLUGIN(plugin_id, callable_name)                                       \
    static const tenon_handler guest_handler = GUEST_HANDLER(callable_name, guest_succeed); \
    static const tenon_handler* const guest_table[] = {&guest_handler};                     \
    static uint32_t guest_handlers(const tenon_handler* const** table) {                    \
        *table = guest_table;                                                               \
        return 1;                                                                           \
    }                                                                                       \
    GUEST_PLUGIN(tenon_plugin_v1, TENON_ABI_MAJOR, plugin_id, guest_handlers)
