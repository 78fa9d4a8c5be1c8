#pragma once

#include "foundation/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

/// A symbol of the dynamic symbol table.
struct ElfSymbol {
    std::string_view name;
    std::uint8_t bind = 0;  ///< STB_*.
    std::uint8_t type = 0;  ///< STT_*.
    bool defined = false;
    std::uint64_t size = 0;
};

/// One record of a PT_NOTE segment.
struct ElfNote {
    std::string_view owner;
    std::uint32_t type = 0;
    std::string_view value;
};

/// What an ELF shared object says about itself, read without running any of it.
///
/// Everything the dynamic loader would follow is checked to lie inside the file, because glibc
/// does not: it dies of SIGBUS on a file that was cut short. Borrows `bytes`.
struct ElfImage {
    std::vector<ElfSymbol> symbols;
    std::vector<ElfNote> notes;
    std::vector<std::string_view> needed;  ///< DT_NEEDED, in order.
    bool text_relocations = false;
    bool static_tls = false;
    bool executable_stack = false;
    bool position_independent_executable = false;

    /// `bytes` as a 64-bit shared object for this machine. The error continues a sentence that
    /// begins with the file's name: "is truncated: …".
    static Result<ElfImage> parse(std::span<const std::byte> bytes);
};

}  // namespace tenon::plugin_host
