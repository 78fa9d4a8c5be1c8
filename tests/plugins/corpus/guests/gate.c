// A handler that stays inside until the file exists whose path is the step's name, and answers with
// the version of its build.
#include "corpus.h"

#include <stdio.h>
#include <unistd.h>

static tenon_status waits(tenon_call* call, const tenon_step* step) {
    char path[4096];
    snprintf(path, sizeof path, "%.*s", (int)step->step_name.len, step->step_name.ptr);
    while (access(path, F_OK) != 0) {
        usleep(20000);
    }
    return step->api->set_result(call, TEXT("\"" CORPUS_VERSION "\""));
}

static tenon_status version(tenon_call* call, const tenon_step* step) {
    return step->api->set_result(call, TEXT("\"" CORPUS_VERSION "\""));
}

static const struct corpus_method methods[] = {CORPUS_METHOD(waits), CORPUS_METHOD(version)};

#if !defined(CORPUS_CALLABLE)
#define CORPUS_CALLABLE "corpus::Gate"
#endif
CORPUS_HANDLER(CORPUS_CALLABLE, methods);
CORPUS_PLUGIN("corpus.gate");
