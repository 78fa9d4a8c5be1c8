// One plugin in many builds, each of which answers with its own version.
#define _GNU_SOURCE
#include "guest.h"

#include <stdlib.h>
#include <unistd.h>

#define TEXT(literal) ((tenon_str){(literal), sizeof(literal) - 1})

static tenon_status answer(void* self, tenon_call* call, const tenon_step* step) {
#if defined(ROLLING_PAUSE_US)
    usleep(ROLLING_PAUSE_US);
#endif
#if defined(ROLLING_FALLS)
    abort();
#elif defined(ROLLING_FAULTY)
    step->api->set_result(call, TEXT("{\"half\":"));
    return TENON_OK;
#else
    return step->api->set_result(call, TEXT("\"" ROLLING_VERSION "\""));
#endif
}

#if defined(ROLLING_CRASH)
__attribute__((constructor)) static void crash(void) {
    *(volatile int*)0 = 1;
}
#endif

#if defined(ROLLING_BACKGROUND)
// Background work that ends when it is asked twice.
static uint64_t quiesce(uint32_t deadline_ms) {
    static uint64_t pieces = 2;
    (void)deadline_ms;
    return --pieces;
}
#endif

static const tenon_handler handler = {
    .size = sizeof handler,
    .callable = "rolling::" ROLLING_NAME,
    .flags = TENON_HANDLER_CONCURRENT,
    .call = answer,
};
static const tenon_handler* const handlers[] = {&handler};

static uint32_t list(const tenon_handler* const** table) {
    *table = handlers;
    return 1;
}

TENON_NOTE_ABI_RECORD();
TENON_NOTE_TEXT(TENON_NOTE_IDENTITY, "guest.rolling." ROLLING_NAME "\0" ROLLING_VERSION "\0c");
TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "rolling::" ROLLING_NAME);
const tenon_plugin tenon_plugin_v1 = {
    .size = sizeof(tenon_plugin),
    .magic = TENON_ABI_MAGIC,
    .abi_major = TENON_ABI_MAJOR,
    .id = "guest.rolling." ROLLING_NAME,
    .version = ROLLING_VERSION,
    .handlers = list,
#if defined(ROLLING_BACKGROUND)
    .quiesce = quiesce,
#endif
};
