// A callable with a name that no host takes: CORPUS_NAME_SIZE bytes of one letter in the note, or
// CORPUS_NAME in note and descriptor.
#include "corpus.h"

#if defined(CORPUS_NAME_SIZE)
TENON_NOTE_PLACE static const struct {
    uint32_t name_size, text_size, type;
    char owner[8];
    char value[CORPUS_NAME_SIZE + 4];
} long_name = {
    6,
    CORPUS_NAME_SIZE + 4,
    TENON_NOTE_CALLABLE,
    TENON_NOTE_OWNER,
    {[0 ... CORPUS_NAME_SIZE - 1] = 'n'}
};
#endif
#if !defined(CORPUS_NAME)
#define CORPUS_NAME "corpus::Named"
#endif

static const struct corpus_method methods[] = {{"", 0}};

CORPUS_HANDLER(CORPUS_NAME, methods);
CORPUS_PLUGIN("corpus.names");
