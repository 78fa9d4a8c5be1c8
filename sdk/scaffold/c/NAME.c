// Handlers of the plugin @NAME@. A handler is given a step and sets its result, JSON text, or an
// error. For more JSON than this, link a library statically.
#include <tenon/abi/note.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) ((tenon_str){(literal), sizeof(literal) - 1})

// What stands between the quotes of the first `"key": "…"`, still escaped; empty without one.
static tenon_str string_member(tenon_str json, const char *key) {
    const tenon_str none = {0, 0};
    char quoted[64];
    const int size = snprintf(quoted, sizeof quoted, "\"%s\"", key);
    const char *at = json.len == 0 ? 0 : memmem(json.ptr, json.len, quoted, (size_t)size);
    const char *end = json.ptr + json.len;
    if (at == 0) {
        return none;
    }
    for (at += size; at < end && strchr(" \t\r\n:", *at) != 0; ++at) {
    }
    if (at == end || *at != '"') {
        return none;
    }
    const char *begin = ++at;
    for (; at < end && *at != '"'; ++at) {
        at += *at == '\\';
    }
    return at >= end ? none : (tenon_str){begin, (uint64_t)(at - begin)};
}

static tenon_status fail(tenon_call *call, const tenon_step *step, tenon_str message) {
    const tenon_error error = {
        .size = sizeof error,
        .retryable = TENON_RETRY_NEVER,
        .message = message,
        .error_type = TEXT("ValidationError"),
        .error_code = TEXT("VALIDATION_ERROR"),
        .retry_after_ms = -1,
    };
    step->api->set_error(call, &error);
    return TENON_FAILED;
}

static tenon_status greet(void *instance, tenon_call *call, const tenon_step *step) {
    (void)instance;
    const tenon_str name = string_member(step->context_json, "name");
    if (name.len == 0) {
        return fail(call, step, TEXT("context.name is missing, empty or no text"));
    }
    const size_t room = (size_t)name.len + 16;
    char *text = malloc(room);
    if (text == 0) {
        return fail(call, step, TEXT("out of memory"));
    }
    const int size = snprintf(text, room, "\"hello, %.*s\"", (int)name.len, name.ptr);
    const tenon_status status = step->api->set_result(call, (tenon_str){text, (uint64_t)size});
    free(text);
    return status;
}

static const tenon_handler greet_handler = {
    .size = sizeof(tenon_handler),
    .flags = TENON_HANDLER_CONCURRENT | TENON_HANDLER_IDEMPOTENT,
    .callable = "@NAME@::Greet",
    .doc = "Greets whom the context names.",
    .call = greet,
};
static const tenon_handler *const table[] = {&greet_handler};

static uint32_t handlers(const tenon_handler *const **out) {
    *out = table;
    return sizeof table / sizeof table[0];
}

TENON_NOTE_ABI_RECORD();
TENON_NOTE_TEXT(TENON_NOTE_IDENTITY, "com.example.@NAME@\0" "1.0.0\0" "c");
TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "@NAME@::Greet");
const tenon_plugin tenon_plugin_v1 = {
    .size = sizeof(tenon_plugin),
    .magic = TENON_ABI_MAGIC,
    .abi_major = TENON_ABI_MAJOR,
    .abi_minor = TENON_ABI_MINOR,
    .id = "com.example.@NAME@",
    .version = "1.0.0",
    .handlers = handlers,
};
