#include "app/commands/plugins/plugin_admission.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

namespace tenon::app {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1024} * 1024;

void add_mapping(plugin_host::CallableMappings& mappings, const std::string& text) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
        throw CLI::ValidationError(
            "--map",
            "'" + text +
                "' is not CALLABLE=TARGET: a callable, library#symbol, or the id "
                "of the plugin that shall have it"
        );
    }
    const auto callable = text.substr(0, equals);
    const auto target = text.substr(equals + 1);
    const auto [known, added] = mappings.emplace(callable, target);
    if (!added && known->second != target) {
        throw CLI::ValidationError(
            "--map", callable + " is mapped to " + known->second + " and to " + target
        );
    }
}

}  // namespace

void add_admission_options(CLI::App& command, PluginAdmission& admission) {
    auto& trust = admission.trust;
    command
        .add_option(
            "--plugin-allow-list",
            trust.allow_list,
            "load only builds whose SHA-256 this file lists, as sha256sum writes it"
        )
        ->envname("TENON_PLUGIN_ALLOW_LIST");
    command
        .add_option(
            "--plugin-keys",
            trust.keys,
            "load only what FILE.sig signs by an ed25519 key (*.pem) of this folder"
        )
        ->envname("TENON_PLUGIN_KEYS");
    command
        .add_option(
            "--plugin-owners",
            trust.files.owners,
            "user ids whose files are trusted too, comma separated [root and the host's own]"
        )
        ->delimiter(',')
        ->envname("TENON_PLUGIN_OWNERS");
    command
        .add_option_function<std::uint64_t>(
            "--plugin-max-mib",
            [&trust](std::uint64_t value) { trust.files.max_bytes = value * mebibyte; },
            "how large a plugin may be"
        )
        ->check(CLI::Range(1, 4096))
        ->default_str("256");
    command
        .add_option_function<std::vector<std::string>>(
            "--map",
            [&admission](const std::vector<std::string>& texts) {
                for (const auto& text : texts) {
                    add_mapping(admission.mappings, text);
                }
            },
            "CALLABLE=TARGET: another callable, library#symbol, or the id of the plugin to ask"
        )
        ->take_all();
}

}  // namespace tenon::app
