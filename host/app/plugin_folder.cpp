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
