// What GCC makes of an inline static unless told otherwise.
#include "guest.h"

__asm__(
    ".pushsection .data\n"
    ".globl shared_by_everybody\n"
    ".type shared_by_everybody, @gnu_unique_object\n"
    ".size shared_by_everybody, 8\n"
    "shared_by_everybody: .quad 0\n"
    ".popsection\n"
);

TENON_NOTE_ABI_RECORD();
GUEST_SIMPLE_PLUGIN("guest.unique", "guest::Unique");
