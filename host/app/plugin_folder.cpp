#include "app/plugin_folder.hpp"

#include "foundation/error.hpp"
#include "foundation/suggestion.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace tenon::app {
namespace {

using Limits = decltype(HostOptions::plugin_limits);

void check_names(
    const Limits& limits,
    std::string_view option,
    std::string_view kind,
    const std::vector<std::string_view>& known
) {
    for (const auto& [name, limit] : limits) {
        // A bare function is found by its symbol, when a template names it.
        const bool symbol = kind == "callable" && name.find('#') != std::string::npos;
        if (!symbol && std::ranges::find(known, name) == known.end()) {
            throw Exception(
                {ErrorCode::invalid_input,
                 std::string(option) + " " + name + "=" + std::to_string(limit) +
                     " names no loaded " + std::string(kind) + did_you_mean(name, known)}
            );
        }
    }
}

}  // namespace

std::filesystem::path private_plugin_directory() {
    const auto owner = "tenon-plugins-" + std::to_string(::getuid());
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe)
    const std::filesystem::path root = runtime != nullptr ? runtime : "/tmp";
    return root / owner;
}

plugin_host::PluginRegistry::Options registry_options(const HostOptions& options) {
    return {
        .snapshot_directory = private_plugin_directory(),
        .trust = options.admission.trust,
        .mappings = options.admission.mappings,
        .log =
            [](std::int32_t level, std::string_view plugin, std::string_view message) {
                const auto line = std::string(plugin) + ": " + std::string(message);
                if (level >= TENON_LOG_WARN) {
                    log::warning("plugins", line);
                } else if (level == TENON_LOG_INFO) {
                    log::info("plugins", line);
                } else {
                    log::debug("plugins", line);
                }
            },
    };
}

void load_plugins(plugin_host::PluginRegistry& registry, const std::filesystem::path& folder) {
    std::string problems;
    for (const auto& loaded : registry.load_directory(folder)) {
        if (loaded.result) {
            log::info("plugins", loaded.result->id + " " + loaded.result->version + " loaded");
        } else {
            problems += (problems.empty() ? "" : "; ") + loaded.result.error().detail;
        }
    }
    if (!problems.empty()) {
        throw Exception({ErrorCode::plugin_failure, problems});
    }
}

void check_limits(const plugin_host::PluginRegistry& registry, const HostOptions& options) {
    const auto loaded = registry.plugins();
    std::vector<std::string_view> ids;
    std::vector<std::string_view> callables;
    for (const auto& plugin : loaded) {
        ids.push_back(plugin.id);
        callables.insert(callables.end(), plugin.callables.begin(), plugin.callables.end());
    }
    check_names(options.plugin_limits, "--plugin-limit", "plugin", ids);
    check_names(options.handler_limits, "--handler-limit", "callable", callables);
}

}  // namespace tenon::app
