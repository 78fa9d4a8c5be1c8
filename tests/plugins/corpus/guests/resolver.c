// The loader itself calls this one: an indirect function whose resolver crashes.
#include "corpus.h"

typedef void (*function)(void);

static function resolve(void) {
    return *(volatile function*)8;
}

__attribute__((ifunc("resolve"))) static void indirect(void);

static tenon_status calls_it(tenon_call* call, const tenon_step* step) {
    indirect();
    return corpus_answer(call, step);
}

static const struct corpus_method methods[] = {CORPUS_METHOD(calls_it)};

CORPUS_HANDLER("corpus::Resolver", methods);
CORPUS_PLUGIN("corpus.resolver");
