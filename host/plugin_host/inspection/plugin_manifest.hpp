#pragma once

#include "foundation/result.hpp"
#include "plugin_host/inspection/plugin_rule.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tenon::plugin_host {

struct ElfImage;

/// What a plugin's file declares, read from its ELF notes before any of its code runs.
struct PluginManifest {
    std::uint16_t abi_major = 0;
    std::uint16_t abi_minor = 0;
    std::string id;
    std::string version;
    std::string sdk;
    std::vector<std::string> callables;
    std::vector<std::string> step_symbols;  ///< Exported `tenon_step_*` functions.
    std::string build_id;                   ///< Hexadecimal, or empty.
};

/// What `image` declares, or why it is no plugin for this host.
Result<PluginManifest, Finding> read_manifest(const ElfImage& image);

/// Inspects a plugin without executing it, and refuses what would harm the host: another ABI
/// major, unresolved symbols, and everything that could not be loaded beside other plugins or
/// unloaded again. The error continues a sentence that begins with the file's name and ends in the
/// id of the rule that was broken.
Result<PluginManifest> inspect_plugin(std::span<const std::byte> bytes);

}  // namespace tenon::plugin_host
