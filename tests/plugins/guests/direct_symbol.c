// A step that is only an exported function, beside one that is declared.
#include "guest.h"

TENON_EXPORT tenon_status tenon_step_direct(tenon_call* call, const tenon_step* step);

tenon_status tenon_step_direct(tenon_call* call, const tenon_step* step) {
    return step->api->set_result(call, step->step_name);
}

TENON_NOTE_ABI_RECORD();
GUEST_SIMPLE_PLUGIN("guest.direct_symbol", "guest::Declared");
