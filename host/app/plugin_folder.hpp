#pragma once

#include "app/host_options.hpp"
#include "plugin_host/reload/plugin_lifecycle.hpp"
#include "worker/event_systems/worker_event_system.hpp"

#include <filesystem>
#include <memory>
#include <optional>

namespace tenon::app {

/// Where private copies of plugins go, of this user alone: below XDG_RUNTIME_DIR, else /tmp.
std::filesystem::path private_plugin_directory();

/// Where this host keeps private copies and the quarantine: as asked, or the private directory.
std::filesystem::path plugin_state_directory(const HostOptions& options);

/// How this host keeps its plugins: where their copies go, which it takes, where they log.
plugin_host::PluginRegistry::Options registry_options(const HostOptions& options);

/// Loads every `*.so` of the host's folder. One that cannot be loaded, or an option that names what
/// is not loaded and so would mean nothing, refuses the start: throws tenon::Exception that names
/// each with its reason. Builds in quarantine are left out. Without the worker role there are none.
std::unique_ptr<plugin_host::PluginLifecycle> load_plugins(const HostOptions& options);

/// Lets the worker that is there see what callables resolve to now; it has when this returns. Not
/// on a thread that the worker needs for that.
void refresh_templates(const std::optional<worker::WorkerEventSystem>& events);

}  // namespace tenon::app
