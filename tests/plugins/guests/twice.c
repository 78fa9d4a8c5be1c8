// Two handlers of one name, or none at all.
#include "guest.h"

static const tenon_handler first = GUEST_HANDLER("guest::Twice", guest_succeed);
static const tenon_handler second = GUEST_HANDLER("guest::Twice", guest_succeed);
static const tenon_handler* const handlers[] = {&first, &second};

static uint32_t list(const tenon_handler* const** table) {
    *table = handlers;
    return GUEST_COUNT;
}

TENON_NOTE_ABI_RECORD();
GUEST_PLUGIN(tenon_plugin_v1, TENON_ABI_MAJOR, "guest.twice", list);
