#include "app/plugin_folder.hpp"

#include "foundation/error.hpp"
#include "foundation/suggestion.hpp"
#include "foundation/telemetry/log.hpp"
#include "plugin_host/reload/builds/demotions.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace tenon::app {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1024} * 1024;

plugin_host::RunnerOptions runner_options(const HostOptions& options) {
    plugin_host::RunnerOptions made;
    made.memory_bytes = options.isolation.runner_memory_mib * mebibyte;
    // Before the host itself loses patience, so that it can still give the steps back.
    made.stop_grace = options.kill_limit * 4 / 5;
    return made;
}

std::string text_of(std::uint32_t limit) {
    return std::to_string(limit);
}

std::string text_of(plugin_host::Isolation isolation) {
    return std::string(to_string(isolation));
}

template <class Named>
void check_names(
    const Named& named,
    std::string_view option,
    std::string_view kind,
    const std::vector<std::string_view>& known
) {
    for (const auto& [name, value] : named) {
        // A bare function is found by its symbol, when a template names it.
        const bool symbol = kind == "callable" && name.find('#') != std::string::npos;
        if (!symbol && std::ranges::find(known, name) == known.end()) {
            throw Exception(
                {ErrorCode::invalid_input,
                 std::string(option) + " " + name + "=" + text_of(value) + " names no loaded " +
                     std::string(kind) + did_you_mean(name, known)}
            );
        }
    }
}

void check_options(const plugin_host::PluginRegistry& registry, const HostOptions& options) {
    const auto loaded = registry.plugins();
    std::vector<std::string_view> ids;
    std::vector<std::string_view> callables;
    for (const auto& plugin : loaded) {
        ids.push_back(plugin.id);
        callables.insert(callables.end(), plugin.callables.begin(), plugin.callables.end());
    }
    check_names(options.plugin_limits, "--plugin-limit", "plugin", ids);
    check_names(options.isolation.by_plugin, "--plugin-isolation", "plugin", ids);
    check_names(options.handler_limits, "--handler-limit", "callable", callables);
}

// Builds are tried out by the program beside this one; a test's own executable has none there.
std::shared_ptr<plugin_host::BuildTrial> make_trial() {
    try {
        return std::make_shared<plugin_host::ScoutTrial>(plugin_host::Scout({}));
    } catch (const Exception& error) {
        log::warning("plugins", std::string("builds are loaded untried: ") + error.what());
        return nullptr;
    }
}

plugin_host::PluginLifecycle::Options lifecycle_options(const HostOptions& options) {
    const auto& reload = options.reload;
    plugin_host::PluginLifecycle::Options made{
        .registry = registry_options(options),
        .state_directory = plugin_state_directory(options),
        .folders = {},
        .probation = reload.probation,
        .most_pinned = reload.most_pinned
    };
    if (options.worker && !options.plugins.empty()) {
        made.folders.push_back(options.plugins);
        made.trial = make_trial();
    }
    return made;
}

// Read for every build anew: another host of this directory may have learned something.
std::function<plugin_host::Isolation(const std::string&)> ask_demotions(const HostOptions& options
) {
    auto demotions = std::make_shared<plugin_host::Demotions>(plugin_state_directory(options));
    return [demotions](const std::string& sha256) {
        return demotions->find(sha256) ? plugin_host::Isolation::process
                                       : plugin_host::Isolation::in_process;
    };
}

}  // namespace

std::filesystem::path private_plugin_directory() {
    const auto owner = "tenon-plugins-" + std::to_string(::getuid());
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe)
    const std::filesystem::path root = runtime != nullptr ? runtime : "/tmp";
    return root / owner;
}

std::filesystem::path plugin_state_directory(const HostOptions& options) {
    const auto& chosen = options.reload.state_directory;
    return chosen.empty() ? private_plugin_directory() : chosen;
}

plugin_host::PluginRegistry::Options registry_options(const HostOptions& options) {
    return {
        .snapshot_directory = plugin_state_directory(options),
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
        .isolation =
            {.usual = options.isolation.usual,
             .by_plugin = options.isolation.by_plugin,
             .demotion = ask_demotions(options)},
        .runners = runner_options(options),
    };
}

std::unique_ptr<plugin_host::PluginLifecycle> load_plugins(const HostOptions& options) {
    auto plugins = std::make_unique<plugin_host::PluginLifecycle>(lifecycle_options(options));
    if (!options.worker) {
        return plugins;
    }
    std::string problems;
    plugins->load_folders();
    for (const auto& file : plugins->status().files) {
        if (file.state == plugin_host::PluginState::rejected) {
            problems += (problems.empty() ? "" : "; ") + file.reason;
        }
    }
    if (!problems.empty()) {
        throw Exception({ErrorCode::plugin_failure, problems});
    }
    check_options(plugins->registry(), options);
    return plugins;
}

void refresh_templates(const std::optional<worker::WorkerEventSystem>& events) {
    const auto commands = events ? events->commands() : nullptr;
    if (!commands) {
        return;  // The next worker begins with what is loaded then.
    }
    asio::io_context loop;
    auto done =
        asio::co_spawn(loop, commands->ask(worker::RefreshTemplateCache{}), asio::use_future);
    loop.run();
    done.get();
}

}  // namespace tenon::app
