#pragma once

#include "app/configuration/configuration.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// A command's configuration: what it was asked to read, and what came of it.
struct CommandConfiguration {
    ConfigurationSources sources{};
    LoadedConfiguration loaded{};
};

/// Every key of the schema.
std::vector<KeyId> all_keys();

/// Those of one section.
std::vector<KeyId> keys_of(std::string_view section);

/// Adds `--config` and `--env`, which say what to read.
void add_source_options(CLI::App& command, ConfigurationSources& sources);

/// Adds an option for each of `keys`, as the schema describes it.
void add_key_options(
    CLI::App& command,
    const std::vector<KeyId>& keys,
    ConfigurationSources& sources
);

/// Reads what the options that were parsed, the variables and the files say. Throws CLI::ParseError
/// with every error, a line each.
void load(CommandConfiguration& configuration);

/// Says of each warning on the log.
void log_warnings(const Problems& problems);

}  // namespace tenon::app
