// Every way in which a handler can end the process that it runs in.
#define _GNU_SOURCE
#include "corpus.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define CALL tenon_call *call, const tenon_step *step

static tenon_status null_pointer(CALL) {
    *(volatile int*)0 = 1;
    return corpus_answer(call, step);
}

static tenon_status wild_write(CALL) {
    *(volatile int*)0x123456789000 = 1;
    return corpus_answer(call, step);
}

static tenon_status stack_overflow(CALL) {
    volatile char room[4096];
    room[0] = 1;
    return stack_overflow(call, step) + room[0];
}

static tenon_status aborts(CALL) {
    abort();
}

static tenon_status divides_by_zero(CALL) {
    volatile int zero = 0;
    return 1 / zero;
}

static tenon_status bus_error(CALL) {
    const int file = memfd_create("short", 0);
    char* page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    page[0] = 1;
    return corpus_answer(call, step);
}

static tenon_status illegal_instruction(CALL) {
    __builtin_trap();
}

static tenon_status calls_exit(CALL) {
    exit(7);
}

static tenon_status calls_underscore_exit(CALL) {
    _exit(8);
}

static tenon_status calls_quick_exit(CALL) {
    quick_exit(9);
}

static tenon_status kills_itself(CALL) {
    raise(SIGKILL);
    return corpus_answer(call, step);
}

static tenon_status ends_its_thread(CALL) {
    pthread_exit(0);
}

static tenon_status closes_everything(CALL) {
    close_range(0, ~0U, 0);
    return corpus_answer(call, step);
}

// Takes memory until there is none, under a limit of its own, so that it harms nobody else.
static tenon_status eats_memory(CALL) {
    const size_t piece = (size_t)64 << 20;
    const struct rlimit most = {(size_t)8 << 30, (size_t)8 << 30};
    setrlimit(RLIMIT_AS, &most);
    for (;;) {
        char* memory = malloc(piece);
        if (memory == 0) {
            abort();
        }
        *(volatile char*)memory = 1;
    }
}

static const struct corpus_method methods[] = {
    CORPUS_METHOD(null_pointer),
    CORPUS_METHOD(wild_write),
    CORPUS_METHOD(stack_overflow),
    CORPUS_METHOD(aborts),
    CORPUS_METHOD(divides_by_zero),
    CORPUS_METHOD(bus_error),
    CORPUS_METHOD(illegal_instruction),
    CORPUS_METHOD(calls_exit),
    CORPUS_METHOD(calls_underscore_exit),
    CORPUS_METHOD(calls_quick_exit),
    CORPUS_METHOD(kills_itself),
    CORPUS_METHOD(ends_its_thread),
    CORPUS_METHOD(closes_everything),
    CORPUS_METHOD(eats_memory),
};

CORPUS_HANDLER("corpus::Crash", methods);
CORPUS_PLUGIN("corpus.crashes");
