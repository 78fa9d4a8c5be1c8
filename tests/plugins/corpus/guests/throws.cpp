// Throws without the shim of the SDK, so that nothing of its own catches it.
#include <tenon/abi/note.h>

namespace {

struct Peculiar {};

tenon_status let_out(void* /*self*/, tenon_call* call, const tenon_step* step) {
    if (step->method.len == sizeof "answer" - 1) {
        return step->api->set_result(call, {"42", 2});
    }
    if (step->attempt == 1) {
        throw 42;
    }
    throw Peculiar{};
}

const tenon_handler handler = {
    .size = sizeof(tenon_handler),
    .flags = TENON_HANDLER_CONCURRENT,
    .callable = "corpus::Throws",
    .methods = nullptr,
    .input_schema = nullptr,
    .result_schema = nullptr,
    .doc = nullptr,
    .max_concurrency = 0,
    .default_timeout_ms = 0,
    .user = nullptr,
    .create = nullptr,
    .call = let_out,
    .destroy = nullptr,
};
const tenon_handler* const handlers[] = {&handler};

uint32_t list(const tenon_handler* const** table) {
    *table = handlers;
    return 1;
}

}  // namespace

TENON_NOTE_ABI_RECORD();
TENON_NOTE_TEXT(
    TENON_NOTE_IDENTITY,
    "corpus.throws\0"
    "1.0.0"
    "\0c++"
);
TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "corpus::Throws");
const tenon_plugin tenon_plugin_v1 = {
    .size = sizeof(tenon_plugin),
    .magic = TENON_ABI_MAGIC,
    .abi_major = TENON_ABI_MAJOR,
    .abi_minor = 0,
    .flags = 0,
    .id = "corpus.throws",
    .version = "1.0.0",
    .vendor = nullptr,
    .sdk = nullptr,
    .init = nullptr,
    .handlers = list,
    .selftest = nullptr,
    .quiesce = nullptr,
    .deinit = nullptr,
    .get_extension = nullptr,
};
