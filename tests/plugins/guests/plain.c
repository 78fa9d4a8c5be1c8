// Nothing wrong with its code; how it is linked is another matter.
#include "guest.h"

TENON_NOTE_ABI_RECORD();
TENON_NOTE_TEXT(
    TENON_NOTE_IDENTITY,
    GUEST_ID
    "\0"
    "1.0.0\0"
    "c"
);
TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, GUEST_CALLABLE);
GUEST_SIMPLE_PLUGIN(GUEST_ID, GUEST_CALLABLE);
