// Prints the binary shape of the ABI, one fact a line, for abi_layout_test.cpp.
#include <tenon/abi/extensions.h>
#include <tenon/abi/note.h>

#include <stdio.h>

#define STRUCT(name) printf("struct %s %zu\n", #name, sizeof(name))
#define FIELD(type, name) \
    printf("field %s.%s %zu %zu\n", #type, #name, offsetof(type, name), sizeof(((type*)0)->name))
#define VALUE(name) printf("value %s %lld\n", #name, (long long)(name))
#define TEXT_VALUE(name) printf("value %s \"%s\"\n", #name, name)

static void print_tenon_str(void) {
    STRUCT(tenon_str);
    FIELD(tenon_str, ptr);
    FIELD(tenon_str, len);
}

static void print_tenon_error(void) {
    STRUCT(tenon_error);
    FIELD(tenon_error, size);
    FIELD(tenon_error, retryable);
    FIELD(tenon_error, message);
    FIELD(tenon_error, error_type);
    FIELD(tenon_error, error_code);
    FIELD(tenon_error, context_json);
    FIELD(tenon_error, retry_after_ms);
}

static void print_tenon_dependency(void) {
    STRUCT(tenon_dependency);
    FIELD(tenon_dependency, name);
    FIELD(tenon_dependency, result_json);
}

static void print_tenon_call_api(void) {
    STRUCT(tenon_call_api);
    FIELD(tenon_call_api, size);
    FIELD(tenon_call_api, reserved);
    FIELD(tenon_call_api, set_result);
    FIELD(tenon_call_api, reserve_result);
    FIELD(tenon_call_api, set_error);
    FIELD(tenon_call_api, result_of);
    FIELD(tenon_call_api, cancel_reason);
    FIELD(tenon_call_api, log);
    FIELD(tenon_call_api, complete);
    FIELD(tenon_call_api, get_extension);
}

static void print_tenon_step(void) {
    STRUCT(tenon_step);
    FIELD(tenon_step, size);
    FIELD(tenon_step, attempt);
    FIELD(tenon_step, max_attempts);
    FIELD(tenon_step, flags);
    FIELD(tenon_step, callable);
    FIELD(tenon_step, method);
    FIELD(tenon_step, task_uuid);
    FIELD(tenon_step, step_uuid);
    FIELD(tenon_step, step_name);
    FIELD(tenon_step, namespace_name);
    FIELD(tenon_step, correlation_id);
    FIELD(tenon_step, traceparent);
    FIELD(tenon_step, context_json);
    FIELD(tenon_step, initialization_json);
    FIELD(tenon_step, checkpoint_json);
    FIELD(tenon_step, dependencies);
    FIELD(tenon_step, dependency_count);
    FIELD(tenon_step, dependency_stride);
    FIELD(tenon_step, deadline_mono_ns);
    FIELD(tenon_step, api);
}

static void print_tenon_handler(void) {
    STRUCT(tenon_handler);
    FIELD(tenon_handler, size);
    FIELD(tenon_handler, flags);
    FIELD(tenon_handler, callable);
    FIELD(tenon_handler, methods);
    FIELD(tenon_handler, input_schema);
    FIELD(tenon_handler, result_schema);
    FIELD(tenon_handler, doc);
    FIELD(tenon_handler, max_concurrency);
    FIELD(tenon_handler, default_timeout_ms);
    FIELD(tenon_handler, user);
    FIELD(tenon_handler, create);
    FIELD(tenon_handler, call);
    FIELD(tenon_handler, destroy);
}

static void print_tenon_host(void) {
    STRUCT(tenon_host);
    FIELD(tenon_host, size);
    FIELD(tenon_host, abi_major);
    FIELD(tenon_host, abi_minor);
    FIELD(tenon_host, name);
    FIELD(tenon_host, version);
    FIELD(tenon_host, context);
    FIELD(tenon_host, log);
    FIELD(tenon_host, get_extension);
}

static void print_tenon_plugin(void) {
    STRUCT(tenon_plugin);
    FIELD(tenon_plugin, size);
    FIELD(tenon_plugin, magic);
    FIELD(tenon_plugin, abi_major);
    FIELD(tenon_plugin, abi_minor);
    FIELD(tenon_plugin, flags);
    FIELD(tenon_plugin, id);
    FIELD(tenon_plugin, version);
    FIELD(tenon_plugin, vendor);
    FIELD(tenon_plugin, sdk);
    FIELD(tenon_plugin, init);
    FIELD(tenon_plugin, handlers);
    FIELD(tenon_plugin, selftest);
    FIELD(tenon_plugin, quiesce);
    FIELD(tenon_plugin, deinit);
    FIELD(tenon_plugin, get_extension);
}

static void print_tenon_events(void) {
    STRUCT(tenon_events);
    FIELD(tenon_events, size);
    FIELD(tenon_events, reserved);
    FIELD(tenon_events, publish);
}

static void print_tenon_heartbeat(void) {
    STRUCT(tenon_heartbeat);
    FIELD(tenon_heartbeat, size);
    FIELD(tenon_heartbeat, reserved);
    FIELD(tenon_heartbeat, beat);
}

static void print_tenon_checkpoint(void) {
    STRUCT(tenon_checkpoint);
    FIELD(tenon_checkpoint, size);
    FIELD(tenon_checkpoint, reserved);
    FIELD(tenon_checkpoint, save);
}

static void print_tenon_cancel_fd(void) {
    STRUCT(tenon_cancel_fd);
    FIELD(tenon_cancel_fd, size);
    FIELD(tenon_cancel_fd, reserved);
    FIELD(tenon_cancel_fd, get);
}

static void print_values(void) {
    VALUE(TENON_OK);
    VALUE(TENON_FAILED);
    VALUE(TENON_YIELD);
    VALUE(TENON_PENDING);
    VALUE(TENON_E_CANCELLED);
    VALUE(TENON_E_TOO_LARGE);
    VALUE(TENON_E_INVALID);
    VALUE(TENON_E_UNSUPPORTED);
    VALUE(TENON_E_STATE);
    VALUE(TENON_E_INTERNAL);
    VALUE(TENON_E_NOT_FOUND);
    VALUE(TENON_LOG_TRACE);
    VALUE(TENON_LOG_DEBUG);
    VALUE(TENON_LOG_INFO);
    VALUE(TENON_LOG_WARN);
    VALUE(TENON_LOG_ERROR);
    VALUE(TENON_NOT_CANCELLED);
    VALUE(TENON_CANCEL_DEADLINE);
    VALUE(TENON_CANCEL_TASK);
    VALUE(TENON_CANCEL_SHUTDOWN);
    VALUE(TENON_CANCEL_RELOAD);
    VALUE(TENON_RETRY_BY_TEMPLATE);
    VALUE(TENON_RETRY_NEVER);
    VALUE(TENON_RETRY_ALLOWED);
    VALUE(TENON_HANDLER_CONCURRENT);
    VALUE(TENON_HANDLER_IDEMPOTENT);
    VALUE(TENON_HANDLER_BLOCKING);
    VALUE(TENON_HANDLER_BATCH);
    VALUE(TENON_ABI_MAJOR);
    VALUE(TENON_ABI_MAGIC);
    TEXT_VALUE(TENON_EXT_EVENTS);
    TEXT_VALUE(TENON_EXT_HEARTBEAT);
    TEXT_VALUE(TENON_EXT_CHECKPOINT);
    TEXT_VALUE(TENON_EXT_CANCEL_FD);
    TEXT_VALUE(TENON_NOTE_OWNER);
    VALUE(TENON_NOTE_ABI);
    VALUE(TENON_NOTE_CALLABLE);
    VALUE(TENON_NOTE_IDENTITY);
}

int main(void) {
    print_tenon_str();
    print_tenon_error();
    print_tenon_dependency();
    print_tenon_call_api();
    print_tenon_step();
    print_tenon_handler();
    print_tenon_host();
    print_tenon_plugin();
    print_tenon_events();
    print_tenon_heartbeat();
    print_tenon_checkpoint();
    print_tenon_cancel_fd();
    print_values();
    return 0;
}
