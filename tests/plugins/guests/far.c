// Needs far_library.c.
#include "guest.h"

extern int from_far_away(void);

static tenon_status call(void* self, tenon_call* handle, const tenon_step* step) {
    (void)self;
    (void)handle;
    (void)step;
    return from_far_away() == 42 ? TENON_OK : TENON_FAILED;
}

static const tenon_handler handler = GUEST_HANDLER("guest::Far", call);
static const tenon_handler* const handlers[] = {&handler};

static uint32_t list(const tenon_handler* const** table) {
    *table = handlers;
    return 1;
}

TENON_NOTE_ABI_RECORD();
GUEST_PLUGIN(tenon_plugin_v1, TENON_ABI_MAJOR, "guest.far", list);
