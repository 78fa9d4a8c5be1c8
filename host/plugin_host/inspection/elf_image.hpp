#pragma once

#include "foundation/result.hpp"
#include "plugin_host/inspection/plugin_rule.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

/// A symbol of the dynamic symbol table.
struct ElfSymbol {
    std::string_view name;
    std::uint8_t bind = 0;  ///< STB_*.
    std::uint8_t type = 0;  ///< STT_*.
    bool defined = false;
    bool visible = true;  ///< Neither hidden nor internal.
    std::uint64_t size = 0;
};

/// One record of a PT_NOTE segment.
struct ElfNote {
    std::string_view owner;
    std::uint32_t type = 0;
    std::string_view value;
};

/// A version of a library that the object was linked against.
struct ElfVersion {
    std::string_view library;  ///< E.g. "libc.so.6".
    std::string_view version;  ///< E.g. "GLIBC_2.34".
};

/// What an ELF shared object says about itself, read without running any of it.
///
/// Everything the dynamic loader would follow is checked to lie inside the file, because glibc
/// does not: it dies of SIGBUS on a file that was cut short. Borrows `bytes`.
struct ElfImage {
    std::vector<ElfSymbol> symbols;
    std::vector<ElfNote> notes;
    std::vector<std::string_view> needed;  ///< DT_NEEDED, in order.
    std::vector<ElfVersion> versions;
    std::string machine;
    std::string_view soname;   ///< Empty: none; so for the next two.
    std::string_view rpath;    ///< DT_RPATH.
    std::string_view runpath;  ///< DT_RUNPATH.
    std::uint64_t relocations = 0;
    std::uint64_t constructors = 0;  ///< Functions that run when it is loaded.
    bool text_relocations = false;
    bool static_tls = false;
    bool executable_stack = false;
    bool position_independent_executable = false;
    bool writable_code = false;   ///< A segment that can be written and executed.
    bool never_unloaded = false;  ///< DF_1_NODELETE.
    bool bound_at_once = false;   ///< Linked with -z now.

    /// `bytes` as a 64-bit shared object for this machine.
    static Result<ElfImage, Finding> parse(std::span<const std::byte> bytes);
};

}  // namespace tenon::plugin_host
