#pragma once

// What the guests of the corpus share: one handler, `corpus::Do`, which does what its method says.

#include <tenon/abi/note.h>

#include <string.h>

#if !defined(CORPUS_VERSION)
#define CORPUS_VERSION "1.0.0"
#endif

#if !defined(CORPUS_METHODS)
#define CORPUS_METHODS 0
#endif

#define TEXT(literal) ((tenon_str){(literal), sizeof(literal) - 1})

typedef tenon_status (*corpus_deed)(tenon_call* call, const tenon_step* step);

struct corpus_method {
    const char* name;
    corpus_deed deed;
};

#define CORPUS_METHOD(function) {#function, function}

static inline int corpus_is(tenon_str text, const char* wanted) {
    return text.len == strlen(wanted) && memcmp(text.ptr, wanted, text.len) == 0;
}

static inline tenon_status corpus_answer(tenon_call* call, const tenon_step* step) {
    return step->api->set_result(call, TEXT("42"));
}

// A handler that looks its method up in `methods`, an array of corpus_method; it knows `answer`
// besides.
#define CORPUS_HANDLER(callable_name, methods)                                              \
    static tenon_status corpus_call(void* self, tenon_call* call, const tenon_step* step) { \
        (void)self;                                                                         \
        for (size_t i = 0; i < sizeof methods / sizeof methods[0]; ++i) {                   \
            if (corpus_is(step->method, methods[i].name)) {                                 \
                return methods[i].deed(call, step);                                         \
            }                                                                               \
        }                                                                                   \
        return corpus_answer(call, step);                                                   \
    }                                                                                       \
    static const tenon_handler corpus_handler = {                                           \
        .size = sizeof corpus_handler,                                                      \
        .callable = (callable_name),                                                        \
        .methods = CORPUS_METHODS,                                                          \
        .flags = TENON_HANDLER_CONCURRENT,                                                  \
        .call = corpus_call,                                                                \
    };                                                                                      \
    static const tenon_handler* const corpus_table[] = {&corpus_handler};                   \
    static uint32_t corpus_handlers(const tenon_handler* const** table) {                   \
        *table = corpus_table;                                                              \
        return 1;                                                                           \
    }                                                                                       \
    TENON_NOTE_ABI_RECORD();                                                                \
    TENON_NOTE_TEXT(TENON_NOTE_CALLABLE, callable_name)

// The first fields of the plugin; more may follow.
#define CORPUS_PLUGIN(plugin_id)                                               \
    TENON_NOTE_TEXT(TENON_NOTE_IDENTITY, plugin_id "\0" CORPUS_VERSION "\0c"); \
    const tenon_plugin tenon_plugin_v1 = {                                     \
        .size = sizeof(tenon_plugin),                                          \
        .magic = TENON_ABI_MAGIC,                                              \
        .abi_major = TENON_ABI_MAJOR,                                          \
        .id = (plugin_id),                                                     \
        .version = CORPUS_VERSION,                                             \
        .handlers = corpus_handlers CORPUS_MORE                                \
    }

#define CORPUS_MORE
