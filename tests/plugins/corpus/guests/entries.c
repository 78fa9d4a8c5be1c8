// Entry structs that are not what their name promises: CORPUS_SIZE and CORPUS_MAGIC say how.
#include <tenon/abi/note.h>

#if !defined(CORPUS_SIZE)
#define CORPUS_SIZE sizeof(tenon_plugin)
#endif
#if !defined(CORPUS_MAGIC)
#define CORPUS_MAGIC TENON_ABI_MAGIC
#endif

static uint32_t none(const tenon_handler* const** table) {
    *table = 0;
    return 0;
}

TENON_NOTE_ABI_RECORD();
TENON_NOTE_TEXT(
    TENON_NOTE_IDENTITY,
    "corpus.entry\0"
    "1.0.0\0c"
);
const tenon_plugin tenon_plugin_v1 = {
    .size = CORPUS_SIZE,
    .magic = CORPUS_MAGIC,
    .abi_major = TENON_ABI_MAJOR,
    .id = "corpus.entry",
    .version = "1.0.0",
    .handlers = none,
};
