#include "guest.h"

#include <string.h>

// Fills the whole buffer, and forgets the zero.
static tenon_status init(const tenon_host* host, tenon_str config, char* error, uint32_t size) {
    (void)config;
    const tenon_str line = {"starting", 8};
    host->log(host, TENON_LOG_INFO, line);
    memset(error, '!', size);
    memcpy(error, "no licence", 10);
    return TENON_E_INTERNAL;
}

static uint32_t list(const tenon_handler* const** table) {
    *table = 0;
    return 0;
}

TENON_NOTE_ABI_RECORD();
const tenon_plugin tenon_plugin_v1 = {
    .size = sizeof(tenon_plugin),
    .magic = TENON_ABI_MAGIC,
    .abi_major = TENON_ABI_MAJOR,
    .id = "guest.failing_init",
    .version = "1.0.0",
    .init = init,
    .handlers = list,
};
