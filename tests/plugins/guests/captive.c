// What a plugin sees of its runner, and what it may do there: one handler for each question.
#define _GNU_SOURCE
#include "guest.h"

#include <tenon/abi/extensions.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TEXT(literal) ((tenon_str){(literal), sizeof(literal) - 1})
#define PARAMETERS void *self, tenon_call *call, const tenon_step *step

// Answers with a JSON string, whose quotes and backslashes become spaces.
static tenon_status say(tenon_call* call, const tenon_step* step, const char* text, size_t size) {
    char* buffer = 0;
    const tenon_status status = step->api->reserve_result(call, size + 2, &buffer);
    if (status != TENON_OK) {
        return status;
    }
    buffer[0] = '"';
    for (size_t i = 0; i < size; ++i) {
        const unsigned char c = (unsigned char)text[i];
        buffer[i + 1] = c == '"' || c == '\\' || c < ' ' || c > '~' ? ' ' : (char)c;
    }
    buffer[size + 1] = '"';
    return TENON_OK;
}

static tenon_status say_text(tenon_call* call, const tenon_step* step, const char* text) {
    return say(call, step, text, strlen(text));
}

static tenon_status echo(PARAMETERS) {
    return step->api->set_result(call, step->context_json);
}

static tenon_status describe(PARAMETERS) {
    char text[1024];
    snprintf(
        text,
        sizeof text,
        "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%u/%u|%.*s|%.*s|%u|%.*s=%.*s|%lld",
        (int)step->callable.len,
        step->callable.ptr,
        (int)step->method.len,
        step->method.ptr,
        (int)step->task_uuid.len,
        step->task_uuid.ptr,
        (int)step->step_uuid.len,
        step->step_uuid.ptr,
        (int)step->step_name.len,
        step->step_name.ptr,
        (int)step->namespace_name.len,
        step->namespace_name.ptr,
        (int)step->correlation_id.len,
        step->correlation_id.ptr,
        step->attempt,
        step->max_attempts,
        (int)step->initialization_json.len,
        step->initialization_json.ptr,
        (int)step->checkpoint_json.len,
        step->checkpoint_json.ptr,
        step->dependency_count,
        (int)step->dependencies[0].name.len,
        step->dependencies[0].name.ptr,
        (int)step->dependencies[0].result_json.len,
        step->dependencies[0].result_json.ptr,
        (long long)step->deadline_mono_ns
    );
    return say_text(call, step, text);
}

static tenon_status process(PARAMETERS) {
    char text[64];
    snprintf(text, sizeof text, "%d %d", getpid(), getppid());
    return say_text(call, step, text);
}

static tenon_status environment(PARAMETERS) {
    static char text[65536];
    const int file = open("/proc/self/environ", O_RDONLY);
    const ssize_t size = read(file, text, sizeof text);
    close(file);
    return say(call, step, text, size < 0 ? 0 : (size_t)size);
}

static tenon_status descriptors(PARAMETERS) {
    char text[1024] = "";
    DIR* const directory = opendir("/proc/self/fd");
    for (const struct dirent* entry = readdir(directory); entry != 0; entry = readdir(directory)) {
        const int number = atoi(entry->d_name);
        if (entry->d_name[0] != '.' && number != dirfd(directory)) {
            snprintf(text + strlen(text), sizeof text - strlen(text), "%d ", number);
        }
    }
    closedir(directory);
    return say_text(call, step, text);
}

// The environment of the process that started this one: where credentials would be.
static tenon_status spy(PARAMETERS) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/environ", getppid());
    const int file = open(path, O_RDONLY);
    char first = 0;
    const int got = file >= 0 && read(file, &first, 1) == 1;
    return say_text(call, step, got ? "read" : strerrorname_np(errno));
}

static tenon_status forbidden(PARAMETERS) {
    char text[1024] = "";
    const char* const arguments[] = {"/bin/true", 0};
#define TRY(name, action)                                  \
    do {                                                   \
        errno = 0;                                         \
        const long done = (long)(action);                  \
        snprintf(                                          \
            text + strlen(text),                           \
            sizeof text - strlen(text),                    \
            "%s:%s ",                                      \
            name,                                          \
            done >= 0 ? "allowed" : strerrorname_np(errno) \
        );                                                 \
    } while (0)
    TRY("execve", execv(arguments[0], (char* const*)arguments));
    TRY("fork", fork());
    TRY("ptrace", ptrace(PTRACE_ATTACH, getppid(), 0, 0));
    TRY("kill", kill(getppid(), 0));
    TRY("kill_group", kill(0, 0));
    TRY("setuid", setuid(1));
    TRY("unshare", unshare(CLONE_NEWUSER));
    TRY("mount", syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, ""));
    TRY("bpf", syscall(SYS_bpf, 0, 0, 0));
    TRY("orphan", prctl(PR_SET_PDEATHSIG, 0));
    TRY("kill_itself", kill(getpid(), 0));
    TRY("socket", socket(AF_INET, SOCK_STREAM, 0));
    return say_text(call, step, text);
}

// From one folder to another, inside of the folder that the context names.
static tenon_status move(PARAMETERS) {
    char from[256];
    char to[256];
    const int size = (int)step->context_json.len - 2;
    snprintf(from, sizeof from, "%.*s/a/file", size, step->context_json.ptr + 1);
    snprintf(to, sizeof to, "%.*s/b/file", size, step->context_json.ptr + 1);
    return say_text(call, step, rename(from, to) == 0 ? "moved" : strerrorname_np(errno));
}

static void* do_nothing(void* argument) {
    return argument;
}

static tenon_status thread(PARAMETERS) {
    pthread_t made;
    void* answer = 0;
    const int failed = pthread_create(&made, 0, do_nothing, "joined");
    if (failed == 0) {
        pthread_join(made, &answer);
    }
    return say_text(call, step, failed == 0 ? answer : strerrorname_np(failed));
}

static tenon_status limits(PARAMETERS) {
    char text[128];
    struct rlimit core;
    struct rlimit files;
    struct rlimit memory;
    getrlimit(RLIMIT_CORE, &core);
    getrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_AS, &memory);
    snprintf(
        text,
        sizeof text,
        "%lld %lld %lld %d",
        (long long)core.rlim_cur,
        (long long)files.rlim_max,
        (long long)memory.rlim_max,
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
    );
    return say_text(call, step, text);
}

static tenon_status bomb(PARAMETERS) {
    size_t taken = 0;
    const size_t piece = (size_t)64 << 20;
    while (malloc(piece) != 0) {
        taken += piece;
    }
    step->api->set_error(
        call,
        &(tenon_error){.size = sizeof(tenon_error),
                       .retryable = TENON_RETRY_ALLOWED,
                       .message = TEXT("out of memory"),
                       .error_code = TEXT("OUT_OF_MEMORY"),
                       .retry_after_ms = -1}
    );
    return taken > 0 ? TENON_FAILED : TENON_OK;
}

static tenon_status leak(PARAMETERS) {
    const size_t piece = (size_t)4 << 20;
    memset(malloc(piece), 1, piece);
    char text[32];
    snprintf(text, sizeof text, "%d", getpid());
    return say_text(call, step, text);
}

static tenon_status crash(PARAMETERS) {
    fputs("about to fall\n", stderr);
    *(volatile int*)0 = 1;
    return TENON_OK;
}

static tenon_status leave(PARAMETERS) {
    puts("leaving");
    exit(7);
}

static tenon_status crash_once(PARAMETERS) {
    if (step->attempt == 1) {
        abort();
    }
    return say_text(call, step, "second time lucky");
}

static tenon_status close_all(PARAMETERS) {
    close_range(3, ~0U, 0);
    return say_text(call, step, "closed");
}

static tenon_status forge(PARAMETERS) {
    const char garbage[] = "\xff\xff\xff\xff\x12garbage";
    write(3, garbage, sizeof garbage);
    usleep(200000);
    return TENON_OK;
}

static tenon_status flood(PARAMETERS) {
    char line[1024];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    for (int i = 0; i < 20000; ++i) {
        write(1, line, sizeof line);
    }
    fputs("a line on stderr", stderr);
    return say_text(call, step, "written");
}

static tenon_status huge(PARAMETERS) {
    char* buffer = 0;
    const uint64_t size = (uint64_t)8 << 20;
    if (step->api->reserve_result(call, size, &buffer) != TENON_OK) {
        return TENON_FAILED;
    }
    memset(buffer, 'x', size);
    buffer[0] = '"';
    buffer[size - 1] = '"';
    return TENON_OK;
}

static tenon_status ignore_cancel(PARAMETERS) {
    for (;;) {
        usleep(1000);
    }
}

static tenon_status wait_for_cancel(PARAMETERS) {
    const tenon_cancel_fd* cancel = step->api->get_extension(call, TENON_EXT_CANCEL_FD);
    struct pollfd waited = {.fd = cancel->get(call), .events = POLLIN};
    const int before = step->api->cancel_reason(call);
    poll(&waited, 1, 10000);
    char text[64];
    snprintf(
        text,
        sizeof text,
        "%d %d %d",
        before,
        step->api->cancel_reason(call),
        (waited.revents & POLLIN) != 0
    );
    return say_text(call, step, text);
}

static tenon_status heed_cancel(PARAMETERS) {
    while (step->api->cancel_reason(call) == TENON_NOT_CANCELLED) {
        usleep(500);
    }
    return TENON_E_CANCELLED;
}

static tenon_status services(PARAMETERS) {
    const tenon_heartbeat* heartbeat = step->api->get_extension(call, TENON_EXT_HEARTBEAT);
    const tenon_checkpoint* checkpoint = step->api->get_extension(call, TENON_EXT_CHECKPOINT);
    const tenon_events* events = step->api->get_extension(call, TENON_EXT_EVENTS);
    tenon_str found = TEXT("");
    tenon_str broken = TEXT("");
    char text[256];
    step->api->log(call, TENON_LOG_INFO, TEXT("hello"), TEXT("{\"n\":1}"));
    snprintf(
        text,
        sizeof text,
        "%d %d %d %d %d %d %d %.*s",
        heartbeat->beat(call, 0.25, TEXT("a quarter")),
        checkpoint->save(call, TEXT("{\"at\":[1,2]}")),
        checkpoint->save(call, TEXT("{\"at\":")),
        events->publish(call, TEXT("item.shipped"), TEXT("{\"n\":1}")),
        events->publish(call, TEXT("unknown"), TEXT("{}")),
        step->api->result_of(call, TEXT("far"), &found),
        step->api->result_of(call, TEXT("broken"), &broken),
        (int)found.len,
        found.ptr
    );
    return say_text(call, step, text);
}

static tenon_status yield(PARAMETERS) {
    const tenon_checkpoint* checkpoint = step->api->get_extension(call, TENON_EXT_CHECKPOINT);
    checkpoint->save(call, TEXT("{\"row\":5}"));
    return TENON_YIELD;
}

struct pending {
    tenon_call* call;
    const tenon_call_api* api;
};

static void* complete_later(void* argument) {
    struct pending* pending = argument;
    usleep(20000);
    pending->api->set_result(pending->call, TEXT("\"later\""));
    pending->api->complete(pending->call, TENON_OK);
    free(pending);
    return 0;
}

static tenon_status pending(PARAMETERS) {
    struct pending* pending = malloc(sizeof *pending);
    pending->call = call;
    pending->api = step->api;
    pthread_t made;
    pthread_create(&made, 0, complete_later, pending);
    pthread_detach(made);
    return TENON_PENDING;
}

static tenon_status nap(PARAMETERS) {
    usleep(30000);
    return process(self, call, step);
}

static const tenon_host* host;

static tenon_status announce(PARAMETERS) {
    host->log(host, TENON_LOG_WARN, TEXT("heard\noutside"));
    return TENON_OK;
}

static tenon_status init(const tenon_host* given, tenon_str config, char* error, uint32_t size) {
    host = given;
    const char* mark = getenv("CAPTIVE_MARK");
    if (mark != 0) {
        close(open(mark, O_WRONLY | O_CREAT | O_APPEND, 0600));
    }
    return TENON_OK;
}

// A file that tells that the build was wound down, or an end that never comes.
static void deinit(void) {
    while (getenv("CAPTIVE_STAYS") != 0) {
        pause();
    }
    const char* mark = getenv("CAPTIVE_MARK");
    if (mark != 0) {
        FILE* const file = fopen(mark, "a");
        fputs("deinit\n", file);
        fclose(file);
    }
}

#define EACH_HANDLER(X)                                                                     \
    X(echo)                                                                                 \
    X(describe)                                                                             \
    X(process)                                                                              \
    X(environment)                                                                          \
    X(descriptors) X(spy) X(forbidden) X(move) X(thread) X(limits) X(bomb) X(leak) X(crash) \
        X(leave) X(crash_once) X(close_all) X(forge) X(flood) X(huge) X(ignore_cancel)      \
            X(wait_for_cancel) X(heed_cancel) X(services) X(yield) X(pending) X(nap) X(announce)

#define DESCRIPTOR(name)                          \
    static const tenon_handler name##_handler = { \
        .size = sizeof(tenon_handler),            \
        .callable = "captive::" #name,            \
        .methods = "call,other",                  \
        .max_concurrency = 5,                     \
        .call = name,                             \
    };                                            \
    TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "captive::" #name);
EACH_HANDLER(DESCRIPTOR)

#define ENTRY(name) &name##_handler,
static const tenon_handler* const handlers[] = {EACH_HANDLER(ENTRY)};

static uint32_t list(const tenon_handler* const** table) {
    *table = handlers;
    return sizeof handlers / sizeof handlers[0];
}

TENON_NOTE_ABI_RECORD();
TENON_NOTE_TEXT(
    TENON_NOTE_IDENTITY,
    "guest.captive\0"
    "1.0.0\0c"
);
const tenon_plugin tenon_plugin_v1 = {
    .size = sizeof(tenon_plugin),
    .magic = TENON_ABI_MAGIC,
    .abi_major = TENON_ABI_MAJOR,
    .id = "guest.captive",
    .version = "1.0.0",
    .sdk = "c",
    .init = init,
    .handlers = list,
    .deinit = deinit,
};

// Called as `captive#tenon_step_bare`.
__attribute__((visibility("default"))) tenon_status
tenon_step_bare(tenon_call* call, const tenon_step* step) {
    return step->api->set_result(call, TEXT("\"bare\""));
}
