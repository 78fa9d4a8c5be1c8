// Its entry struct is not what its name promises.
#include "guest.h"

TENON_NOTE_ABI_RECORD();
const tenon_plugin tenon_plugin_v1 = {.size = 4, .magic = 7, .abi_major = 1};
