// What a handler may hand to its host: results of every shape and size, and words about failures.
#include "corpus.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define CALL tenon_call *call, const tenon_step *step
#define MIB ((uint64_t)1 << 20)

static char* filled(uint64_t size, char with) {
    char* memory = malloc(size + 1);
    memset(memory, with, size);
    memory[size] = '\0';
    return memory;
}

// A JSON string of `size` bytes in all.
static tenon_status string_of(tenon_call* call, const tenon_step* step, uint64_t size) {
    char* memory = filled(size, 'x');
    memory[0] = '"';
    memory[size - 1] = '"';
    const tenon_status status = step->api->set_result(call, (tenon_str){memory, size});
    free(memory);
    return status == TENON_OK ? TENON_OK : TENON_FAILED;
}

static tenon_status at_the_limit(CALL) {
    return string_of(call, step, 8 * MIB);
}

static tenon_status over_the_limit(CALL) {
    return string_of(call, step, 8 * MIB + 1);
}

static tenon_status hundred_megabytes(CALL) {
    return string_of(call, step, 100 * MIB);
}

// The gigabyte is claimed, not there.
static tenon_status a_gigabyte(CALL) {
    char* buffer = 0;
    const tenon_status status = step->api->reserve_result(call, 1024 * MIB, &buffer);
    return status == TENON_E_TOO_LARGE && buffer == 0 ? TENON_OK : TENON_FAILED;
}

static tenon_status deep(CALL) {
    char* memory = filled(1000000, '[');
    step->api->set_result(call, (tenon_str){memory, 1000000});
    free(memory);
    return TENON_OK;
}

static tenon_status twice(CALL) {
    step->api->set_result(call, TEXT("1"));
    return step->api->set_result(call, TEXT("2"));
}

static tenon_status none(CALL) {
    (void)call;
    (void)step;
    return TENON_OK;
}

struct other {
    tenon_call* call;
    const tenon_step* step;
};

static void* set_there(void* argument) {
    struct other* other = argument;
    corpus_answer(other->call, other->step);
    return 0;
}

static tenon_status another_thread(CALL) {
    pthread_t thread;
    struct other other = {call, step};
    pthread_create(&thread, 0, set_there, &other);
    pthread_join(thread, 0);
    return TENON_OK;
}

struct late {
    tenon_call* call;
    const tenon_call_api* api;
};

static void* speak_late(void* argument) {
    struct late* late = argument;
    usleep(5000);
    late->api->set_result(late->call, TEXT("1"));
    late->api->log(late->call, TENON_LOG_INFO, TEXT("too late"), TEXT(""));
    free(late);
    return 0;
}

static tenon_status after_return(CALL) {
    pthread_t thread;
    struct late* late = malloc(sizeof *late);
    late->call = call;
    late->api = step->api;
    pthread_create(&thread, 0, speak_late, late);
    pthread_detach(thread);
    return corpus_answer(call, step);
}

static tenon_status fail(tenon_call* call, const tenon_step* step, tenon_error error) {
    error.size = sizeof error;
    step->api->set_error(call, &error);
    return TENON_FAILED;
}

static tenon_status long_message(CALL) {
    char* memory = filled(10 * MIB, 'm');
    fail(
        call,
        step,
        (tenon_error){.retryable = 1,
                      .message = {memory, 10 * MIB},
                      .error_type = {memory, 10 * MIB},
                      .error_code = {memory, 10 * MIB},
                      .context_json = {memory, 10 * MIB},
                      .retry_after_ms = -1}
    );
    free(memory);
    return TENON_FAILED;
}

static tenon_status odd_message(CALL) {
    return fail(
        call,
        step,
        (tenon_error
        ){.message = TEXT("\xff\xfe broken\0 text \xf0\x9f"), .retryable = 7, .retry_after_ms = -1}
    );
}

static tenon_status retry_in_aeons(CALL) {
    return fail(
        call,
        step,
        (tenon_error
        ){.message = TEXT("later"), .retryable = 1, .retry_after_ms = 1000000000000000000}
    );
}

static tenon_status retry_in_the_past(CALL) {
    return fail(
        call,
        step,
        (tenon_error){.message = TEXT("earlier"), .retryable = 1, .retry_after_ms = INT64_MIN}
    );
}

// Pending calls.

static tenon_status never_completes(CALL) {
    (void)call;
    (void)step;
    return TENON_PENDING;
}

static tenon_status completes_twice(CALL) {
    step->api->set_result(call, TEXT("\"first\""));
    step->api->complete(call, TENON_OK);
    const tenon_status second = step->api->complete(call, TENON_FAILED);
    return second == TENON_E_STATE ? TENON_PENDING : TENON_FAILED;
}

static void* complete_late(void* argument) {
    struct late* late = argument;
    usleep(300000);
    late->api->set_result(late->call, TEXT("\"late\""));
    late->api->complete(late->call, TENON_OK);
    free(late);
    return 0;
}

static tenon_status completes_late(CALL) {
    pthread_t thread;
    struct late* late = malloc(sizeof *late);
    late->call = call;
    late->api = step->api;
    pthread_create(&thread, 0, complete_late, late);
    pthread_detach(thread);
    return TENON_PENDING;
}

// Texts, by the number in the step's name: all that JSON forbids, and some that it does not.
static const tenon_str texts[] = {
    TEXT("\"\xff\xfe\""),
    TEXT("\"a\\u0000b\""),
    TEXT("\"\\ud800\""),
    TEXT("NaN"),
    TEXT("{} trailing"),
    TEXT("\xef\xbb\xbf{}"),
    TEXT(""),
    TEXT("{\"a\":1,\"a\":2}"),
    TEXT("123456789012345678901234567890"),
    TEXT("\"a\0b\""),
    TEXT("1e200000"),
    TEXT("\"\xed\xa0\x80\""),
    TEXT("{\"a\":"),
};

static tenon_status text(CALL) {
    char number[8] = {0};
    memcpy(number, step->step_name.ptr, step->step_name.len < 7 ? step->step_name.len : 7);
    step->api->set_result(call, texts[(size_t)atoi(number) % (sizeof texts / sizeof texts[0])]);
    return TENON_OK;
}

static const struct corpus_method methods[] = {
    CORPUS_METHOD(at_the_limit),
    CORPUS_METHOD(over_the_limit),
    CORPUS_METHOD(hundred_megabytes),
    CORPUS_METHOD(a_gigabyte),
    CORPUS_METHOD(deep),
    CORPUS_METHOD(twice),
    CORPUS_METHOD(none),
    CORPUS_METHOD(another_thread),
    CORPUS_METHOD(after_return),
    CORPUS_METHOD(long_message),
    CORPUS_METHOD(odd_message),
    CORPUS_METHOD(retry_in_aeons),
    CORPUS_METHOD(retry_in_the_past),
    CORPUS_METHOD(never_completes),
    CORPUS_METHOD(completes_twice),
    CORPUS_METHOD(completes_late),
    CORPUS_METHOD(text),
};

CORPUS_HANDLER("corpus::Result", methods);
CORPUS_PLUGIN("corpus.results");
