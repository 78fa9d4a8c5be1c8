// Counts the primes below context.limit: a computation that may be long, and so looks now and then
// whether it should stop.
#include <tenon/abi/note.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) ((tenon_str){(literal), sizeof(literal) - 1})

static const long largest_limit = 10000000;
static const long between_looks = 1024;

// The number after `"limit":`, or -1. A handler with more to read links a JSON library statically.
static long limit_in(tenon_str json) {
    static const char key[] = "\"limit\":";
    const char* at = json.len == 0 ? 0 : memmem(json.ptr, json.len, key, sizeof key - 1);
    if (at == 0) {
        return -1;
    }
    char digits[24] = "";
    const char* begin = at + sizeof key - 1;
    const size_t rest = (size_t)(json.ptr + json.len - begin);
    memcpy(digits, begin, rest < sizeof digits - 1 ? rest : sizeof digits - 1);
    char* end = digits;
    const long limit = strtol(digits, &end, 10);
    return end == digits ? -1 : limit;
}

static int is_prime(long number) {
    for (long divisor = 2; divisor * divisor <= number; ++divisor) {
        if (number % divisor == 0) {
            return 0;
        }
    }
    return number > 1;
}

static tenon_status refuse(tenon_call* call, const tenon_step* step) {
    const tenon_error error = {
        .size = sizeof error,
        .retryable = TENON_RETRY_NEVER,
        .message = TEXT("context.limit is no integer from 0 to 10000000"),
        .error_type = TEXT("ValidationError"),
        .error_code = TEXT("VALIDATION_ERROR"),
        .retry_after_ms = -1,
    };
    step->api->set_error(call, &error);
    return TENON_FAILED;
}

static tenon_status count(void* instance, tenon_call* call, const tenon_step* step) {
    (void)instance;
    const long limit = limit_in(step->context_json);
    if (limit < 0 || limit > largest_limit) {
        return refuse(call, step);
    }
    long primes = 0;
    for (long number = 2; number < limit; ++number) {
        if (number % between_looks == 0 && step->api->cancel_reason(call) != TENON_NOT_CANCELLED) {
            return TENON_E_CANCELLED;
        }
        primes += is_prime(number);
    }
    char text[48];
    const int size = snprintf(text, sizeof text, "{\"primes\":%ld}", primes);
    return step->api->set_result(call, (tenon_str){text, (uint64_t)size});
}

static const tenon_handler count_handler = {
    .size = sizeof(tenon_handler),
    .flags = TENON_HANDLER_CONCURRENT | TENON_HANDLER_IDEMPOTENT,
    .callable = "primes::Count",
    .doc = "Counts the primes below the limit in the context.",
    .call = count,
};
static const tenon_handler* const table[] = {&count_handler};

static uint32_t handlers(const tenon_handler* const** out) {
    *out = table;
    return sizeof table / sizeof table[0];
}

TENON_NOTE_ABI_RECORD();
TENON_NOTE_TEXT(
    TENON_NOTE_IDENTITY,
    "com.example.primes\0"
    "1.0.0\0"
    "c"
);
TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "primes::Count");
const tenon_plugin tenon_plugin_v1 = {
    .size = sizeof(tenon_plugin),
    .magic = TENON_ABI_MAGIC,
    .abi_major = TENON_ABI_MAJOR,
    .abi_minor = TENON_ABI_MINOR,
    .id = "com.example.primes",
    .version = "1.0.0",
    .handlers = handlers,
};
