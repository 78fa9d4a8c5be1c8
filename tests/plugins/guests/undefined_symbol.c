#include "guest.h"

extern int nobody_defines_this(void);

static tenon_status call(void* self, tenon_call* handle, const tenon_step* step) {
    (void)self;
    (void)handle;
    (void)step;
    return nobody_defines_this();
}

static const tenon_handler handler = GUEST_HANDLER("guest::Undefined", call);
static const tenon_handler* const handlers[] = {&handler};

static uint32_t list(const tenon_handler* const** table) {
    *table = handlers;
    return 1;
}

TENON_NOTE_ABI_RECORD();
GUEST_PLUGIN(tenon_plugin_v1, TENON_ABI_MAJOR, "guest.undefined", list);
