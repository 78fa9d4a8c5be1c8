#pragma once

#include "plugin_host/isolation.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tenon::plugin_host {

/// What the host knows about a loaded plugin.
struct PluginInfo {
    std::string id;       ///< E.g. "com.example.linear".
    std::string version;  ///< The plugin's own.
    std::string sdk;      ///< SDK and compiler it was built with.
    std::string library;  ///< The file's name without ".so": the `library` of `library#symbol`.
    std::filesystem::path file;  ///< Where it was loaded from.
    std::string sha256;
    std::string build_id;          ///< Hexadecimal, or empty.
    std::uint64_t generation = 0;  ///< From 1, over all plugins of this process.
    std::uint16_t abi_major = 0;
    std::uint16_t abi_minor = 0;
    std::vector<std::string> callables;
    Isolation isolation = Isolation::in_process;
};

}  // namespace tenon::plugin_host
