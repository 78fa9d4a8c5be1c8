#include "app/plugin_folder.hpp"

#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"

#include <cstdlib>
#include <string>
#include <unistd.h>

namespace tenon::app {

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

}  // namespace tenon::app
