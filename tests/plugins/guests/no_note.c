#include "guest.h"

GUEST_SIMPLE_PLUGIN("guest.no_note", "guest::NoNote");
