#include "app/commands/host_command.hpp"

#include "app/bootstrap.hpp"
#include "app/commands/configuration/configuration_options.hpp"
#include "app/commands/lists/list_operations.hpp"
#include "app/configuration/host_settings.hpp"
#include "app/configuration/reload/configuration_reload.hpp"
#include "app/http_security/front_options.hpp"
#include "app/supervision/crash_recovery.hpp"
#include "app/supervision/supervision.hpp"
#include "app/supervision/supervisor.hpp"
#include "foundation/telemetry/log.hpp"
#include "plugin_host/crash/crash_watch.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <string>
#include <sys/prctl.h>
#include <utility>
#include <vector>

namespace tenon::app {
namespace {

// The exit code of a host that left steps to others, which begin them anew.
constexpr int steps_left = 6;

std::string crash_name(const HostOptions& options) {
    return options.supervision.supervised() ? options.supervision.crash_name : crash_file_name();
}

/// Makes a running host what a changed key says.
void take_on(Host& host, KeyId changed, const Configuration& configuration) {
    HostOptions options;
    apply(configuration, options);
    if (changed == key("dispatch.mode")) {
        host.set_mode(options.mode);
    } else if (changed == key("log.level")) {
        log::set_level(options.log_level);
    } else {
        host.set_stop_limits(options.stop_limit, options.kill_limit);
    }
}

/// Returns the exit code.
int run_host(const HostOptions& options, const CommandConfiguration& configuration) {
    ::prctl(PR_SET_NAME, "tenon");  // The supervisor's way to start it leaves "exe".
    heed_crashes(options);
    plugin_host::CrashFile crash_file(
        crash_directory(options), crash_name(options), crash_home(options)
    );
    const plugin_host::CrashWatch watch(crash_file);
    auto own = options;
    if (!options.supervision.database_url.empty()) {
        own.database_url = options.supervision.database_url;
    }
    Host host(std::move(own));
    ConfigurationReload reload(
        configuration.sources,
        configuration.loaded.configuration,
        [&host](KeyId changed, const Configuration& now) { take_on(host, changed, now); }
    );
    host.start();
    crash_file.enter(plugin_host::HostPhase::ready);
    log::info("host", "ready");
    host.run([&reload] { reload.reload(); });
    const auto stopped = host.stop();
    log::info("host", "stopped");
    log::flush();
    const int code = stopped.unsettled == 0 ? 0 : steps_left;
    if (!stopped.all_ended) {
        crash_file.end_in_order();
        std::_Exit(code);
    }
    return code;
}

}  // namespace

std::shared_ptr<CommandConfiguration> add_host_options(
    CLI::App& command,
    const std::shared_ptr<HostOptions>& options
) {
    auto configuration = std::make_shared<CommandConfiguration>();
    add_source_options(command, configuration->sources);
    add_key_options(command, all_keys(), configuration->sources);
    command.parse_complete_callback([&command, configuration, options] {
        if (!command.get_subcommands().empty()) {
            return;  // It only lists hosts.
        }
        load(*configuration);
        apply(configuration->loaded.configuration, *options);
    });
    return configuration;
}

void add_host_command(CLI::App& root, std::vector<std::string> arguments, int& exit_code) {
    auto options = std::make_shared<HostOptions>();
    auto* command = root.add_subcommand("host", "run a host: orchestration, worker or both");
    const auto configuration = add_host_options(*command, options);
    add_supervised_options(*command, options);
    add_host_list(*command, exit_code);
    command->callback([=, &root, &exit_code] {
        if (!command->get_subcommands().empty()) {
            return;
        }
        // Of two ways to say it on a command line the shorter one holds, also when it is reloaded.
        if (root.count("--verbose") + root.count("--quiet") > 0) {
            configuration->sources.options.emplace_back(
                key("log.level"), TextList{root.count("--quiet") > 0 ? "warning" : "debug"}
            );
            load(*configuration);
            apply(configuration->loaded.configuration, *options);
        }
        log::set_level(options->log_level);
        log_warnings(configuration->loaded.problems);
        check_exposure(*options);
        const auto& supervision = options->supervision;
        exit_code = supervision.wanted && !supervision.supervised()
                        ? Supervisor(*options, arguments).run()
                        : run_host(*options, *configuration);
    });
}

}  // namespace tenon::app
