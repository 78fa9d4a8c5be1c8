#include "app/commands/plugins/running/plugin_isolation_options.hpp"

#include <CLI/CLI.hpp>
#include <vector>

namespace tenon::app {
namespace {

constexpr std::uint64_t smallest_memory_mib = 64;
constexpr std::uint64_t largest_memory_mib = 1024 * 1024;

plugin_host::Isolation read_isolation(const std::string& option, const std::string& text) {
    const auto isolation = plugin_host::parse_isolation(text);
    if (!isolation) {
        throw CLI::ValidationError(
            option, "'" + text + "' is no isolation: write in_process or process"
        );
    }
    return *isolation;
}

void read_plugin_isolation(PluginIsolation& isolation, const std::string& text) {
    static const std::string option = "--plugin-isolation";
    const auto equals = text.rfind('=');
    if (equals == 0 || equals == std::string::npos) {
        throw CLI::ValidationError(
            option, "'" + text + "' is not ID=in_process or ID=process, with a plugin's id"
        );
    }
    const auto id = text.substr(0, equals);
    if (!isolation.by_plugin.emplace(id, read_isolation(option, text.substr(equals + 1))).second) {
        throw CLI::ValidationError(option, id + " is named twice");
    }
}

void read_memory(PluginIsolation& isolation, std::uint64_t value) {
    if (value != 0 && (value < smallest_memory_mib || value > largest_memory_mib)) {
        throw CLI::ValidationError(
            "--runner-memory-mib",
            std::to_string(value) + " is neither 0, for no limit, nor from " +
                std::to_string(smallest_memory_mib) + " to " + std::to_string(largest_memory_mib)
        );
    }
    isolation.runner_memory_mib = value;
}

}  // namespace

void add_isolation_options(CLI::App& command, PluginIsolation& isolation) {
    command
        .add_option_function<std::string>(
            "--isolation",
            [&isolation](const std::string& text) {
                isolation.usual = read_isolation("--isolation", text);
            },
            "where handlers run: in_process (the host itself) or process (runners beside it)"
        )
        ->envname("TENON_ISOLATION")
        ->default_str("in_process");
    command
        .add_option_function<std::vector<std::string>>(
            "--plugin-isolation",
            [&isolation](const std::vector<std::string>& texts) {
                for (const auto& text : texts) {
                    read_plugin_isolation(isolation, text);
                }
            },
            "ID=in_process or ID=process: the same for one plugin; may be repeated"
        )
        ->delimiter(',');
    command
        .add_option_function<std::uint64_t>(
            "--runner-memory-mib",
            [&isolation](std::uint64_t value) { read_memory(isolation, value); },
            "address space of one runner; 0: no limit"
        )
        ->default_str("4096");
}

}  // namespace tenon::app
