// The handler without a host: the services of a call are a few functions.
#include "primes.c"

#include <assert.h>

static char result[64];
static char error_code[64];
static int looks_until_stop;

static tenon_status set_result(tenon_call* call, tenon_str json) {
    (void)call;
    snprintf(result, sizeof result, "%.*s", (int)json.len, json.ptr);
    return TENON_OK;
}

static tenon_status set_error(tenon_call* call, const tenon_error* error) {
    (void)call;
    snprintf(
        error_code, sizeof error_code, "%.*s", (int)error->error_code.len, error->error_code.ptr
    );
    return TENON_OK;
}

static int32_t cancel_reason(const tenon_call* call) {
    (void)call;
    return looks_until_stop-- == 0 ? TENON_CANCEL_TASK : TENON_NOT_CANCELLED;
}

static tenon_status run(const char* context) {
    const tenon_call_api api = {
        .size = sizeof api,
        .set_result = set_result,
        .set_error = set_error,
        .cancel_reason = cancel_reason,
    };
    const tenon_step step = {
        .size = sizeof step, .attempt = 1, .context_json = {context, strlen(context)}, .api = &api
    };
    return count(0, 0, &step);
}

int main(void) {
    looks_until_stop = -1;
    assert(run("{\"limit\":100}") == TENON_OK);
    assert(strcmp(result, "{\"primes\":25}") == 0);
    assert(run("{\"limit\": 2}") == TENON_OK);
    assert(strcmp(result, "{\"primes\":0}") == 0);
    assert(run("{}") == TENON_FAILED);
    assert(strcmp(error_code, "VALIDATION_ERROR") == 0);
    assert(run("{\"limit\":\"many\"}") == TENON_FAILED);
    looks_until_stop = 3;
    assert(run("{\"limit\":1000000}") == TENON_E_CANCELLED);
    puts("every test passed");
    return 0;
}
