// Answers with the version of the library that it got; see library.c.
#include "corpus.h"

#include <stdio.h>

extern int corpus_library_version(void);

static tenon_status library(tenon_call* call, const tenon_step* step) {
    char text[16];
    const int size = snprintf(text, sizeof text, "%d", corpus_library_version());
    return step->api->set_result(call, (tenon_str){text, (uint64_t)size});
}

static const struct corpus_method methods[] = {CORPUS_METHOD(library)};

CORPUS_HANDLER("corpus::" CORPUS_BORROWER, methods);
CORPUS_PLUGIN("corpus.borrower." CORPUS_BORROWER);
