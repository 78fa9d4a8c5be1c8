/// What a plugin is, readable from its ELF notes without running any of its code: the ABI it was
/// built for, its identity, and one record per callable. Notes survive strip.
#pragma once

#include <tenon/abi/plugin.h>

#define TENON_NOTE_OWNER "Tenon"

/// Note types.
#define TENON_NOTE_ABI 1u       ///< uint16_t major, uint16_t minor, uint32_t sizeof(tenon_plugin).
#define TENON_NOTE_CALLABLE 2u  ///< The callable's name, padded with zeros; one note each.
#define TENON_NOTE_IDENTITY 3u  ///< "id\0version\0sdk\0", padded with zeros.

#define TENON_CONCAT_TOKENS(a, b) a##b
#define TENON_CONCAT(a, b) TENON_CONCAT_TOKENS(a, b)

// A sanitizer would pad the record, and the next reader would trip over the padding.
#if defined(__clang__)
#define TENON_NOTE_PLACE                                                                        \
    __attribute__((                                                                             \
        section(".note.tenon"), used, aligned(4), no_sanitize("address", "hwaddress", "memtag") \
    ))
#else
#define TENON_NOTE_PLACE __attribute__((section(".note.tenon"), used, aligned(4)))
#endif

/// Emits a note whose text is the string literal `text`.
#define TENON_NOTE_TEXT(note_type, text)                                             \
    TENON_NOTE_PLACE static const struct {                                           \
        uint32_t name_size, text_size, type;                                         \
        char owner[8];                                                               \
        char value[(sizeof(text) + 3u) & ~3u];                                       \
    } TENON_CONCAT(tenon_note_, __COUNTER__) = {                                     \
        6u, (uint32_t)((sizeof(text) + 3u) & ~3u), note_type, TENON_NOTE_OWNER, text \
    }

/// Emits the note that says which ABI this plugin was compiled for.
#define TENON_NOTE_ABI_RECORD()                  \
    TENON_NOTE_PLACE static const struct {       \
        uint32_t name_size, value_size, type;    \
        char owner[8];                           \
        uint16_t major, minor;                   \
        uint32_t plugin_size;                    \
    } TENON_CONCAT(tenon_note_, __COUNTER__) = { \
        6u,                                      \
        8u,                                      \
        TENON_NOTE_ABI,                          \
        TENON_NOTE_OWNER,                        \
        TENON_ABI_MAJOR,                         \
        TENON_ABI_MINOR,                         \
        (uint32_t)sizeof(tenon_plugin)           \
    }
