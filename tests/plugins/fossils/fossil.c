// A plugin of ABI 1.0 in C that uses every service of a call. See README.md before touching it.
#include <tenon/abi/extensions.h>
#include <tenon/abi/note.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) ((tenon_str){(literal), sizeof(literal) - 1})

static long number_in(tenon_str json, const char* key, long fallback) {
    char text[512];
    const size_t size = json.len < sizeof text - 1 ? (size_t)json.len : sizeof text - 1;
    memcpy(text, json.ptr, size);
    text[size] = '\0';
    const char* found = strstr(text, key);
    const char* colon = found == 0 ? 0 : strchr(found, ':');
    return colon == 0 ? fallback : strtol(colon + 1, 0, 10);
}

static tenon_status square(void* self, tenon_call* call, const tenon_step* step) {
    (void)self;
    char text[32];
    const long number = number_in(step->context_json, "\"number\"", 0);
    const int size = snprintf(text, sizeof text, "%ld", number * number);
    step->api->log(call, TENON_LOG_INFO, TEXT("squared"), TEXT("{\"language\":\"c\"}"));
    return step->api->set_result(call, (tenon_str){text, (uint64_t)size});
}

static tenon_status reserve(void* self, tenon_call* call, const tenon_step* step) {
    (void)self;
    char* buffer = 0;
    const tenon_status status = step->api->reserve_result(call, 8, &buffer);
    if (status == TENON_OK) {
        memcpy(buffer, "\"space\" ", 8);
    }
    return status;
}

static tenon_status fail(void* self, tenon_call* call, const tenon_step* step) {
    (void)self;
    const tenon_error error = {
        .size = sizeof error,
        .retryable = TENON_RETRY_ALLOWED,
        .message = TEXT("the gateway is busy"),
        .error_type = TEXT("GatewayError"),
        .error_code = TEXT("GATEWAY_BUSY"),
        .context_json = TEXT("{\"queue\":9}"),
        .retry_after_ms = 2000,
    };
    step->api->set_error(call, &error);
    return TENON_FAILED;
}

static tenon_status ancestor(void* self, tenon_call* call, const tenon_step* step) {
    (void)self;
    tenon_str json;
    const tenon_status status = step->api->result_of(call, TEXT("first"), &json);
    return status == TENON_OK ? step->api->set_result(call, json) : TENON_FAILED;
}

static tenon_status chunks(void* self, tenon_call* call, const tenon_step* step) {
    (void)self;
    const tenon_checkpoint* checkpoint = step->api->get_extension(call, TENON_EXT_CHECKPOINT);
    const tenon_heartbeat* heartbeat = step->api->get_extension(call, TENON_EXT_HEARTBEAT);
    if (step->checkpoint_json.len > 0) {
        return step->api->set_result(call, step->checkpoint_json);
    }
    if (checkpoint == 0 || heartbeat == 0 || heartbeat->beat(call, 0.5, TEXT("half")) != TENON_OK) {
        return TENON_FAILED;
    }
    return checkpoint->save(call, TEXT("{\"row\":7}")) == TENON_OK ? TENON_YIELD : TENON_FAILED;
}

static tenon_status stop(void* self, tenon_call* call, const tenon_step* step) {
    (void)self;
    const tenon_cancel_fd* descriptor = step->api->get_extension(call, TENON_EXT_CANCEL_FD);
    const int32_t reason = step->api->cancel_reason(call);
    if (reason != TENON_NOT_CANCELLED && descriptor != 0) {
        return TENON_E_CANCELLED;
    }
    return step->api->set_result(call, TEXT("\"not cancelled\""));
}

static const tenon_handler table[] = {
    {.size = sizeof(tenon_handler), .callable = "fossil::Square", .call = square},
    {.size = sizeof(tenon_handler), .callable = "fossil::Reserve", .call = reserve},
    {.size = sizeof(tenon_handler), .callable = "fossil::Fail", .call = fail},
    {.size = sizeof(tenon_handler), .callable = "fossil::Ancestor", .call = ancestor},
    {.size = sizeof(tenon_handler), .callable = "fossil::Chunks", .call = chunks},
    {.size = sizeof(tenon_handler), .callable = "fossil::Stop", .call = stop},
};
static const tenon_handler* const pointers[] = {
    &table[0],
    &table[1],
    &table[2],
    &table[3],
    &table[4],
    &table[5],
};

static uint32_t handlers(const tenon_handler* const** out) {
    *out = pointers;
    return 6;
}

TENON_NOTE_ABI_RECORD();
TENON_NOTE_TEXT(
    TENON_NOTE_IDENTITY,
    "fossil\0"
    "1.0.0\0"
    "c"
);
TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "fossil::Square");
TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "fossil::Reserve");
TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "fossil::Fail");
TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "fossil::Ancestor");
TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "fossil::Chunks");
TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "fossil::Stop");
const tenon_plugin tenon_plugin_v1 = {
    .size = sizeof(tenon_plugin),
    .magic = TENON_ABI_MAGIC,
    .abi_major = TENON_ABI_MAJOR,
    .abi_minor = TENON_ABI_MINOR,
    .id = "fossil",
    .version = "1.0.0",
    .handlers = handlers,
};
