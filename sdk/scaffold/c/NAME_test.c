// The handlers without a host: the services of a call are a few functions.
#include "@NAME@.c"

#include <assert.h>

static char result[256];
static char error_code[64];

static void keep(char *into, size_t size, tenon_str text) {
    snprintf(into, size, "%.*s", (int)text.len, text.ptr);
}

static tenon_status set_result(tenon_call *call, tenon_str json) {
    (void)call;
    keep(result, sizeof result, json);
    return TENON_OK;
}

static tenon_status set_error(tenon_call *call, const tenon_error *error) {
    (void)call;
    keep(error_code, sizeof error_code, error->error_code);
    return TENON_OK;
}

static tenon_status run(const char *context) {
    const tenon_call_api api = {
        .size = sizeof api, .set_result = set_result, .set_error = set_error};
    const tenon_step step = {
        .size = sizeof step, .attempt = 1, .context_json = {context, strlen(context)}, .api = &api};
    return greet(0, 0, &step);
}

int main(void) {
    assert(run("{\"name\": \"world\"}") == TENON_OK);
    assert(strcmp(result, "\"hello, world\"") == 0);
    assert(run("{\"name\":\"a \\\"b\\\"\"}") == TENON_OK);
    assert(strcmp(result, "\"hello, a \\\"b\\\"\"") == 0);
    assert(run("{}") == TENON_FAILED);
    assert(strcmp(error_code, "VALIDATION_ERROR") == 0);
    assert(run("{\"name\":5}") == TENON_FAILED);
    puts("every test passed");
    return 0;
}
