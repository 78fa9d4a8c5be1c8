// Starts well until the file exists that CORPUS_SEAL names. With CORPUS_REFUSES it never does, and
// fills the whole buffer for the reason without a zero; with CORPUS_ENDLESS it never ends.
#include "corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static tenon_status version(tenon_call* call, const tenon_step* step) {
    return step->api->set_result(call, TEXT("\"" CORPUS_VERSION "\""));
}

static tenon_status init(const tenon_host* host, tenon_str config, char* error, uint32_t size) {
    const char* seal = getenv("CORPUS_SEAL");
    (void)host;
    (void)config;
#if defined(CORPUS_REFUSES)
    memset(error, '!', size);
    memcpy(error, "no licence", 10);
    return TENON_E_INTERNAL;
#endif
    if (seal != 0 && access(seal, F_OK) == 0) {
        snprintf(error, size, "once is enough");
        return TENON_E_INTERNAL;
    }
    return TENON_OK;
}

static const struct corpus_method methods[] = {CORPUS_METHOD(version)};

CORPUS_HANDLER("corpus::Starts", methods);

#undef CORPUS_MORE
#if defined(CORPUS_ENDLESS)
// As long as the file exists, so that a scout passes and a host does not.
static void deinit(void) {
    const char* gate = getenv("CORPUS_GATE");
    while (gate != 0 && access(gate, F_OK) == 0) {
        usleep(1000);
    }
}

#define CORPUS_MORE , .init = init, .deinit = deinit
#else
#define CORPUS_MORE , .init = init
#endif
CORPUS_PLUGIN("corpus.starts");
