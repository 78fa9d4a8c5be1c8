// Every thread that calls it keeps an object with a destructor, which is this plugin's code.
#include <tenon/abi/note.h>

namespace {

volatile int ended = 0;

struct Kept {
    ~Kept() { ended = ended + 1; }

    int calls = 0;
};

thread_local Kept kept;

tenon_status count(void* /*self*/, tenon_call* call, const tenon_step* step) {
    const bool first = ++kept.calls == 1;
    return step->api->set_result(call, first ? tenon_str{"1", 1} : tenon_str{"2", 1});
}

const tenon_handler handler = {
    .size = sizeof(tenon_handler),
    .flags = TENON_HANDLER_CONCURRENT,
    .callable = "corpus::ThreadLocal",
    .methods = nullptr,
    .input_schema = nullptr,
    .result_schema = nullptr,
    .doc = nullptr,
    .max_concurrency = 0,
    .default_timeout_ms = 0,
    .user = nullptr,
    .create = nullptr,
    .call = count,
    .destroy = nullptr,
};
const tenon_handler* const handlers[] = {&handler};

uint32_t list(const tenon_handler* const** table) {
    *table = handlers;
    return 1;
}

}  // namespace

TENON_NOTE_ABI_RECORD();
TENON_NOTE_TEXT(TENON_NOTE_IDENTITY, "corpus.thread_local\0" CORPUS_VERSION "\0c++");
TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, "corpus::ThreadLocal");
const tenon_plugin tenon_plugin_v1 = {
    .size = sizeof(tenon_plugin),
    .magic = TENON_ABI_MAGIC,
    .abi_major = TENON_ABI_MAJOR,
    .abi_minor = 0,
    .flags = 0,
    .id = "corpus.thread_local",
    .version = CORPUS_VERSION,
    .vendor = nullptr,
    .sdk = nullptr,
    .init = nullptr,
    .handlers = list,
    .selftest = nullptr,
    .quiesce = nullptr,
    .deinit = nullptr,
    .get_extension = nullptr,
};
