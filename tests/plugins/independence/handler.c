// The handler of this folder in C.
#include <tenon/abi/note.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) ((tenon_str){(literal), sizeof(literal) - 1})

static tenon_status call(void* self, tenon_call* call, const tenon_step* step) {
    (void)self;
    char text[256] = "";
    memcpy(
        text, step->context_json.ptr, step->context_json.len < 255 ? step->context_json.len : 255
    );
    const char* found = strstr(text, "\"number\":");
    const long number = found == 0 ? 0 : strtol(found + 9, 0, 10);
    if (number % 2 != 0) {
        const tenon_error error = {
            .size = sizeof error,
            .retryable = TENON_RETRY_NEVER,
            .message = TEXT("number must be even"),
            .error_code = TEXT("ODD_NUMBER"),
            .retry_after_ms = -1,
        };
        step->api->set_error(call, &error);
        return TENON_FAILED;
    }
    const int size = snprintf(text, sizeof text, "{\"square\":%ld}", number * number);
    return step->api->set_result(call, (tenon_str){text, (uint64_t)size});
}

static const tenon_handler handler = {
    .size = sizeof(tenon_handler),
    .callable = "independence::" BUILD,
    .call = call,
};
static const tenon_handler* const table[] = {&handler};

static uint32_t handlers(const tenon_handler* const** out) {
    *out = table;
    return 1;
}

TENON_NOTE_ABI_RECORD();
TENON_NOTE_TEXT(
    TENON_NOTE_IDENTITY,
    "independence." BUILD
    "\0"
    "1.0.0\0"
    "c"
);
TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "independence::" BUILD);
const tenon_plugin tenon_plugin_v1 = {
    .size = sizeof(tenon_plugin),
    .magic = TENON_ABI_MAGIC,
    .abi_major = TENON_ABI_MAJOR,
    .abi_minor = TENON_ABI_MINOR,
    .id = "independence." BUILD,
    .version = "1.0.0",
    .handlers = handlers,
};
