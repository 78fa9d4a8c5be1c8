// Built with an SDK that appended fields to every struct.
#include "guest.h"

static tenon_status call(void* self, tenon_call* handle, const tenon_step* step) {
    (void)self;
    const tenon_str yes = {"true", 4};
    return step->api->set_result(handle, yes);
}

static const struct {
    tenon_handler known;
    uint64_t appended[4];
} handler = {
    {.size = sizeof(tenon_handler) + 32, .callable = "guest::NewerMinor", .call = call},
    {1, 2, 3, 4}
};

static const tenon_handler* const handlers[] = {&handler.known};

static uint32_t list(const tenon_handler* const** table) {
    *table = handlers;
    return 1;
}

TENON_NOTE_ABI_RECORD();
const tenon_plugin tenon_plugin_v1 = {
    .size = sizeof(tenon_plugin) + 64,
    .magic = TENON_ABI_MAGIC,
    .abi_major = TENON_ABI_MAJOR,
    .abi_minor = 9,
    .id = "guest.newer_minor",
    .version = "1.0.0",
    .handlers = list,
};
