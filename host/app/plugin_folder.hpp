#pragma once

#include "app/host_options.hpp"
#include "plugin_host/plugin_registry.hpp"

#include <filesystem>

namespace tenon::app {

/// Where private copies of plugins go, of this user alone: below XDG_RUNTIME_DIR, else /tmp.
std::filesystem::path private_plugin_directory();

/// How this host keeps its plugins: where their copies go, which it takes, where they log.
plugin_host::PluginRegistry::Options registry_options(const HostOptions& options);

/// Loads every `*.so` of `folder`. One that cannot be loaded refuses the start: throws
/// tenon::Exception that names each of them with its reason.
void load_plugins(plugin_host::PluginRegistry& registry, const std::filesystem::path& folder);

/// Throws tenon::Exception when a limit names a plugin or a callable that is not loaded: it would
/// limit nothing.
void check_limits(const plugin_host::PluginRegistry& registry, const HostOptions& options);

}  // namespace tenon::app
