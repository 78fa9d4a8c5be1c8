/// The vocabulary of the plugin ABI: version, strings, status codes, and the rules that hold for
/// every other header of this folder. C11 and C++17; nothing of libc or of a C++ library crosses.
///
/// Rules
///  1. Every struct that crosses begins with `uint32_t size`, the sizeof its writer compiled.
///     Fields are only ever appended; a reader touches a field newer than 1.0 only through
///     TENON_HAS. Array elements carry their size once, as the stride of the array.
///  2. Strings are pointer and length, UTF-8, not terminated by a zero, except the `const char *`
///     of descriptors, which are zero-terminated constants. JSON is text without U+0000.
///  3. Each side frees what it allocated. What a callee is given is valid until it returns, and it
///     copies what it keeps. Descriptors live from init() until deinit() returns.
///  4. No exception, longjmp or thread exit leaves a function of this ABI, in either direction.
///  5. Every function says who may call it: [load] one thread, exclusive; [call] the thread that
///     runs the call, while it runs; [any] any thread, concurrently.
///  6. After deinit() nothing of the plugin is left running or registered: no thread, timer,
///     signal handler, thread-specific key, atexit or atfork hook.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// A host loads plugins of its own major only; a newer minor on either side is fine.
#define TENON_ABI_MAJOR 1u
#define TENON_ABI_MINOR 0u

/// "TENN" in memory: tells an entry struct from an accidental symbol of the same name.
#define TENON_ABI_MAGIC 0x4e4e4554u

#define TENON_EXPORT __attribute__((visibility("default")))

/// True when `*pointer` was compiled by a writer that knew `field`.
#define TENON_HAS(pointer, field) \
    ((pointer)->size >= offsetof(__typeof__(*(pointer)), field) + sizeof((pointer)->field))

#ifdef __cplusplus
#define TENON_STATIC_ASSERT(condition) static_assert(condition, #condition)
#else
#define TENON_STATIC_ASSERT(condition) _Static_assert(condition, #condition)
#endif

/// Holds a field of a struct at its offset, so that a reordered layout does not compile.
#define TENON_FREEZE(type, field, offset) TENON_STATIC_ASSERT(offsetof(type, field) == (offset))

/// UTF-8 text that somebody else owns. A null `ptr` with `len` 0 is the empty string.
typedef struct tenon_str {
    const char* ptr;
    uint64_t len;
} tenon_str;

/// How a function ended. Negative: the request itself was not carried out.
typedef int32_t tenon_status;

enum {
    TENON_OK = 0,
    TENON_FAILED = 1,   ///< The step failed; set_error said why.
    TENON_YIELD = 2,    ///< A checkpoint is durable; dispatch the step again.
    TENON_PENDING = 3,  ///< complete() will end the call later.

    TENON_E_CANCELLED = -1,    ///< Stopped because cancel_reason() asked for it.
    TENON_E_TOO_LARGE = -2,    ///< Larger than the host accepts.
    TENON_E_INVALID = -3,      ///< Malformed argument: JSON, UTF-8, a null pointer.
    TENON_E_UNSUPPORTED = -4,  ///< This host does not offer it.
    TENON_E_STATE = -5,        ///< Not now: after the call ended, or twice.
    TENON_E_INTERNAL = -6,     ///< The callee failed for a reason of its own.
    TENON_E_NOT_FOUND = -7     ///< No such step, callable or entry.
};

enum {
    TENON_LOG_TRACE = 0,
    TENON_LOG_DEBUG = 1,
    TENON_LOG_INFO = 2,
    TENON_LOG_WARN = 3,
    TENON_LOG_ERROR = 4
};

#if defined(__LP64__)
TENON_FREEZE(tenon_str, len, 8);
TENON_STATIC_ASSERT(sizeof(tenon_str) == 16);
#else
#error "the Tenon plugin ABI is defined for 64-bit targets only"
#endif
