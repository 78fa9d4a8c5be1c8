// A plugin of a later ABI, as this host's successor will see them.
#include "guest.h"

static const tenon_handler handler = GUEST_HANDLER("guest::NextMajor", guest_succeed);
static const tenon_handler* const handlers[] = {&handler};

static uint32_t list(const tenon_handler* const** table) {
    *table = handlers;
    return 1;
}

extern TENON_EXPORT const tenon_plugin tenon_plugin_v2;
GUEST_PLUGIN(tenon_plugin_v2, 2, "guest.next_major", list);

TENON_NOTE_PLACE static const struct {
    uint32_t name_size, value_size, type;
    char owner[8];
    uint16_t major, minor;
    uint32_t plugin_size;
} abi_note = {6, 8, TENON_NOTE_ABI, TENON_NOTE_OWNER, 2, 0, sizeof(tenon_plugin)};

#if defined(GUEST_BOTH_MAJORS)
TENON_NOTE_ABI_RECORD();
GUEST_PLUGIN(tenon_plugin_v1, TENON_ABI_MAJOR, "guest.both_majors", list);
#endif
