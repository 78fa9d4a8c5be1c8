// One plugin with every bad habit; GUEST_CALL, GUEST_LOAD and GUEST_INIT choose one.
#define _GNU_SOURCE
#include "guest.h"

#include <tenon/abi/extensions.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if !defined(GUEST_CALL)
#define GUEST_CALL answer
#endif
#if !defined(GUEST_LOAD)
#define GUEST_LOAD nothing
#endif
#if !defined(GUEST_INIT)
#define GUEST_INIT start
#endif
#if !defined(GUEST_CREATE)
#define GUEST_CREATE 0
#endif
#if !defined(GUEST_SELFTEST)
#define GUEST_SELFTEST 0
#endif
#if !defined(GUEST_VERSION)
#define GUEST_VERSION "1.0.0"
#endif
#if !defined(GUEST_NOTED_VERSION)
#define GUEST_NOTED_VERSION GUEST_VERSION
#endif
#if !defined(GUEST_METHODS)
#define GUEST_METHODS 0
#endif
#if !defined(GUEST_SCHEMA)
#define GUEST_SCHEMA 0
#endif

// Calls.

#define TEXT(literal) ((tenon_str){(literal), sizeof(literal) - 1})
#define PARAMETERS void *self, tenon_call *call, const tenon_step *step

static tenon_status answer(PARAMETERS) {
    return step->api->set_result(call, TEXT("42"));
}

static tenon_status null_dereference(PARAMETERS) {
    *(volatile int*)0 = 1;
    return TENON_OK;
}

static tenon_status stack_overflow(PARAMETERS) {
    volatile char room[4096];
    room[0] = 1;
    return stack_overflow(self, call, step) + room[0];
}

static tenon_status divide_by_zero(PARAMETERS) {
    volatile int zero = 0;
    return 1 / zero;
}

static tenon_status call_abort(PARAMETERS) {
    abort();
}

static tenon_status call_exit(PARAMETERS) {
    exit(7);
}

static tenon_status call_underscore_exit(PARAMETERS) {
    _exit(0);
}

static tenon_status kill_itself(PARAMETERS) {
    return raise(SIGKILL);
}

static tenon_status hang(PARAMETERS) {
    for (;;) {
        pause();
    }
}

static tenon_status spin(PARAMETERS) {
    for (volatile int i = 0;; ++i) {
    }
}

static tenon_status close_everything(PARAMETERS) {
    close_range(0, ~0U, 0);
    return answer(self, call, step);
}

static tenon_status doze(PARAMETERS) {
    usleep(3000000);
    return answer(self, call, step);
}

static tenon_status no_result(PARAMETERS) {
    return TENON_OK;
}

static tenon_status no_reason(PARAMETERS) {
    return TENON_FAILED;
}

static tenon_status unknown_status(PARAMETERS) {
    return 4711;
}

static tenon_status broken_json(PARAMETERS) {
    step->api->set_result(call, TEXT("{\"a\":"));
    return TENON_OK;
}

static tenon_status reserved_nonsense(PARAMETERS) {
    char* buffer = 0;
    step->api->reserve_result(call, 3, &buffer);
    memcpy(buffer, "\xff{}", 3);
    return TENON_OK;
}

static tenon_status noise(PARAMETERS) {
    puts("here I am");
    return answer(self, call, step);
}

static tenon_status scribble(PARAMETERS) {
    ((char*)step->context_json.ptr)[0] = ' ';
    return answer(self, call, step);
}

struct late {
    tenon_call* call;
    const tenon_call_api* api;
};

static void* speak_late(void* argument) {
    struct late* late = argument;
    usleep(5000);
    late->api->log(late->call, TENON_LOG_INFO, TEXT("too late"), TEXT(""));
    late->api->set_result(late->call, TEXT("1"));
    free(late);
    return 0;
}

static tenon_status speak_after_return(PARAMETERS) {
    pthread_t thread;
    struct late* late = malloc(sizeof *late);
    late->call = call;
    late->api = step->api;
    pthread_create(&thread, 0, speak_late, late);
    pthread_detach(thread);
    return answer(self, call, step);
}

static tenon_status dislike_signals(PARAMETERS) {
    const struct timespec nap = {0, 5000000};
    return nanosleep(&nap, 0) == 0 ? answer(self, call, step) : TENON_FAILED;
}

static tenon_status want_a_child(PARAMETERS) {
    const pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    return waitpid(child, 0, 0) == child && child > 0 ? answer(self, call, step) : TENON_FAILED;
}

static tenon_status trust_extensions(PARAMETERS) {
    const tenon_heartbeat* heartbeat = step->api->get_extension(call, TENON_EXT_HEARTBEAT);
    heartbeat->beat(call, 0.5, TEXT(""));
    return answer(self, call, step);
}

static tenon_status dislike_repetition(PARAMETERS) {
    char text[65536];
    const size_t size = step->context_json.len < 65535 ? step->context_json.len : 65535;
    memcpy(text, step->context_json.ptr, size);
    text[size] = '\0';
    if (strstr(text, "aaaa") != 0) {
        abort();
    }
    return answer(self, call, step);
}

static tenon_status want_to_be_alone(PARAMETERS) {
    static volatile int inside = 0;
    if (__atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST) > 1) {
        abort();
    }
    usleep(1000);
    __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
    return answer(self, call, step);
}

// Loading.

static void nothing(void) {}

static void load_abort(void) {
    abort();
}

static void load_exit(void) {
    exit(0);
}

static void load_sleep(void) {
    sleep(60);
}

static void load_slowly(void) {
    usleep(150000);
}

static void load_crash(void) {
    *(volatile int*)0 = 1;
}

static void load_noise(void) {
    fputs("hello from my constructor\n", stderr);
}

static int lives(void) {
    char text[16];
    const char* known = getenv("GUEST_LIVES");
    const int count = (known == 0 ? 0 : atoi(known)) + 1;
    snprintf(text, sizeof text, "%d", count);
    setenv("GUEST_LIVES", text, 1);
    return count;
}

static void load_three_times(void) {
    if (lives() > 3) {
        abort();
    }
}

__attribute__((constructor)) static void on_load(void) {
    GUEST_LOAD();
}

// Starting.

#define INIT_PARAMETERS const tenon_host *host, tenon_str config, char *error, uint32_t size

static tenon_status start(INIT_PARAMETERS) {
    return TENON_OK;
}

static tenon_status start_once(INIT_PARAMETERS) {
    if (lives() > 1) {
        snprintf(error, size, "once is enough");
        return TENON_E_INTERNAL;
    }
    return TENON_OK;
}

static void* wait_forever(void* argument) {
    for (;;) {
        pause();
    }
}

static tenon_status start_thread(INIT_PARAMETERS) {
    pthread_t thread;
    const int failed = pthread_create(&thread, 0, wait_forever, 0);
    usleep(20000);  // It must be inside of pause() when its code goes.
    return failed ? TENON_E_INTERNAL : TENON_OK;
}

static tenon_status open_file(INIT_PARAMETERS) {
    return open("/dev/zero", O_RDONLY) >= 0 ? TENON_OK : TENON_E_INTERNAL;
}

static void ignore(int number) {}

static tenon_status take_signals(INIT_PARAMETERS) {
    signal(SIGCHLD, ignore);
    return TENON_OK;
}

static tenon_status move_house(INIT_PARAMETERS) {
    setenv("TZ", "UTC", 1);
    return chdir("/") == 0 ? TENON_OK : TENON_E_INTERNAL;
}

static tenon_status leak(INIT_PARAMETERS) {
    const size_t bytes = 1 << 20;
    memset(malloc(bytes), 1, bytes);
    return TENON_OK;
}

static tenon_status cannot_create(
    void* user,
    tenon_str config,
    void** instance,
    char* error,
    uint32_t size
) {
    snprintf(error, size, "no api_key");
    return TENON_E_INVALID;
}

static tenon_status fail_selftest(tenon_str options, char* error, uint32_t size) {
    snprintf(error, size, "2 + 2 is 5");
    return TENON_E_INTERNAL;
}

static const tenon_handler handler = {
    .size = sizeof handler,
    .callable = "guest::Unruly",
    .methods = GUEST_METHODS,
    .input_schema = GUEST_SCHEMA,
    .create = GUEST_CREATE,
    .call = GUEST_CALL,
};
static const tenon_handler* const handlers[] = {&handler};

static uint32_t list(const tenon_handler* const** table) {
    *table = handlers;
    return 1;
}

TENON_NOTE_ABI_RECORD();
TENON_NOTE_TEXT(TENON_NOTE_IDENTITY, "guest.unruly\0" GUEST_NOTED_VERSION "\0c");
TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "guest::Unruly");
const tenon_plugin tenon_plugin_v1 = {
    .size = sizeof(tenon_plugin),
    .magic = TENON_ABI_MAGIC,
    .abi_major = TENON_ABI_MAJOR,
    .id = "guest.unruly",
    .version = GUEST_VERSION,
    .init = GUEST_INIT,
    .handlers = list,
    .selftest = GUEST_SELFTEST,
};
