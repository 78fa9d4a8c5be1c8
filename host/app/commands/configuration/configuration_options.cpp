#include "app/commands/configuration/configuration_options.hpp"

#include "foundation/telemetry/log.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

namespace tenon::app {
namespace {

std::string heading_of(const Key& key) {
    std::string heading(key.section());
    if (heading == "http" || heading == "tls") {
        std::ranges::transform(heading, heading.begin(), [](unsigned char c) {
            return static_cast<char>(std::toupper(c));
        });
    }
    heading.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(heading.front())));
    return heading;
}

/// A flag for what is not usual, as `--no-supervisor`; its opposite is there for the asking, to
/// override a file.
void add_flags(CLI::App& command, KeyId id, ConfigurationSources& sources) {
    const auto word = option_of(*id).substr(2);
    const bool usually = (*id).usual == "true";
    const auto add = [&](const std::string& option, bool value, const std::string& summary) {
        return command.add_flag_callback(
            option,
            [&sources, id, value] {
                sources.options.emplace_back(id, TextList{value ? "true" : "false"});
            },
            summary
        );
    };
    const std::string summary((*id).summary);
    const auto negation = "turn off: " + summary;
    add("--" + word, true, summary)->group(usually ? "" : heading_of(*id));
    add("--no-" + word, false, negation)->group(usually ? heading_of(*id) : "");
}

void add_option(CLI::App& command, KeyId id, ConfigurationSources& sources) {
    const auto& key = *id;
    auto* option = command.add_option_function<TextList>(
        option_of(key),
        [&sources, id](const TextList& texts) { sources.options.emplace_back(id, texts); },
        std::string(key.summary)
    );
    option->group(heading_of(key))->type_name(placeholder_of(key))->type_size(1)->expected(1);
    if (key.type == KeyType::list || key.type == KeyType::table) {
        option->take_all()->allow_extra_args(false);
    }
    option->default_str(std::string(key.usual.empty() ? key.when_unset : key.usual));
}

}  // namespace

std::vector<KeyId> all_keys() {
    std::vector<KeyId> keys;
    for (std::size_t i = 0; i < key_count; ++i) {
        keys.push_back(KeyId{i});
    }
    return keys;
}

std::vector<KeyId> keys_of(std::string_view section) {
    auto keys = all_keys();
    std::erase_if(keys, [&](KeyId id) { return (*id).section() != section; });
    return keys;
}

void add_source_options(CLI::App& command, ConfigurationSources& sources) {
    command
        .add_option(
            "--config", sources.folder, "folder with base/*.toml and environments/, or one file"
        )
        ->type_name("PATH")
        ->envname("TENON_CONFIG")
        ->group("Configuration");
    command
        .add_option("--env", sources.environment, "overlay environments/NAME/*.toml of that folder")
        ->type_name("NAME")
        ->envname("TENON_ENV")
        ->group("Configuration");
}

void add_key_options(
    CLI::App& command,
    const std::vector<KeyId>& keys,
    ConfigurationSources& sources
) {
    for (const auto id : keys) {
        if ((*id).type == KeyType::boolean) {
            add_flags(command, id, sources);
        } else {
            add_option(command, id, sources);
        }
    }
}

void load(CommandConfiguration& configuration) {
    if (configuration.sources.variables.empty()) {
        configuration.sources.variables = process_variables();
    }
    configuration.loaded = load_configuration(configuration.sources);
    std::string errors;
    for (const auto& problem : configuration.loaded.problems) {
        if (problem.severity == Problem::Severity::error) {
            errors += (errors.empty() ? "" : "\n") + problem.to_string();
        }
    }
    if (!errors.empty()) {
        throw CLI::ValidationError(errors);
    }
}

void log_warnings(const Problems& problems) {
    for (const auto& problem : problems) {
        if (problem.severity == Problem::Severity::warning) {
            log::warning("configuration", problem.to_string());
        }
    }
}

}  // namespace tenon::app
