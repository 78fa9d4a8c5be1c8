#pragma once

#include "app/commands/plugins/plugin_admission.hpp"
#include "app/commands/plugins/running/plugin_isolation_options.hpp"
#include "app/commands/plugins/running/plugin_reload_options.hpp"
#include "app/http_security/security_options.hpp"
#include "app/supervision/supervision.hpp"
#include "domain/deployment_mode.hpp"
#include "domain/dispatch_profile.hpp"
#include "foundation/http/http_server.hpp"
#include "foundation/telemetry/log.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tenon::app {

/// What `tenon host` was asked to be.
struct HostOptions {
    std::string database_url;              ///< Empty: an embedded server in `data_directory`.
    std::string direct_url;                ///< Past a pooler, to the same database; may be empty.
    std::filesystem::path data_directory;  ///< Empty: the default of the embedded server.
    std::optional<ListenAddress> listen;   ///< Unset: loopback, port 8080, or 8081 without tasks.
    bool orchestration = true;
    bool worker = true;
    std::filesystem::path plugins;        ///< A folder of .so files; empty: none.
    PluginAdmission admission;            ///< Which of them it takes.
    PluginReload reload;                  ///< How it replaces them.
    PluginIsolation isolation;            ///< In which process their handlers run.
    std::filesystem::path templates;      ///< A folder of templates; empty: none.
    std::vector<std::string> namespaces;  ///< Empty: every registered one.
    std::string name;                     ///< Empty: the machine's name.
    std::int32_t slots = 128;             ///< Handlers that may run at once.
    int lanes = 3;                        ///< Connections on the step path.
    DispatchProfile profile = DispatchProfile::direct;
    DeploymentMode mode = DeploymentMode::hybrid;
    std::optional<std::chrono::milliseconds> poll_interval;  ///< Unset: the mode's own.
    std::chrono::milliseconds stop_limit{10000};             ///< For running handlers to finish.
    std::chrono::milliseconds kill_limit{5000};  ///< After that, for them to stop when asked to.
    std::map<std::string, std::uint32_t, std::less<>> plugin_limits;   ///< Calls at once, by id.
    std::map<std::string, std::uint32_t, std::less<>> handler_limits;  ///< … by callable.
    Supervision supervision;
    log::Level log_level = log::Level::info;
    SecurityOptions security;  ///< Of HTTP.
};

}  // namespace tenon::app
