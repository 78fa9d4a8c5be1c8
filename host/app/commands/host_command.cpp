#include "app/commands/host_command.hpp"

#include "app/bootstrap.hpp"
#include "app/supervision/crash_recovery.hpp"
#include "app/supervision/supervision.hpp"
#include "app/supervision/supervisor.hpp"
#include "foundation/telemetry/log.hpp"
#include "plugin_host/crash/crash_watch.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdlib>
#include <string>
#include <sys/prctl.h>
#include <utility>
#include <vector>

namespace tenon::app {
namespace {

// The exit code of a host that left steps to others, which begin them anew.
constexpr int steps_left = 6;

constexpr std::uint32_t most_calls = 10000;

using Limits = std::map<std::string, std::uint32_t, std::less<>>;

void read_limit(Limits& limits, const std::string& option, const std::string& text) {
    const auto equals = text.rfind('=');
    const auto number = equals == std::string::npos ? "" : text.substr(equals + 1);
    std::uint32_t limit = 0;
    const auto* end = number.data() + number.size();
    const auto read = std::from_chars(number.data(), end, limit);
    if (equals == 0 || read.ec != std::errc() || read.ptr != end || limit == 0 ||
        limit > most_calls) {
        throw CLI::ValidationError(
            option, "'" + text + "' is not NAME=N with N from 1 to " + std::to_string(most_calls)
        );
    }
    if (!limits.emplace(text.substr(0, equals), limit).second) {
        throw CLI::ValidationError(option, text.substr(0, equals) + " is named twice");
    }
}

void add_limit_option(CLI::App& command, const std::string& option, Limits& limits) {
    const bool of_plugins = option == "--plugin-limit";
    command
        .add_option_function<std::vector<std::string>>(
            option,
            [&limits, option](const std::vector<std::string>& texts) {
                for (const auto& text : texts) {
                    read_limit(limits, option, text);
                }
            },
            of_plugins ? "ID=N: calls at once of all handlers of a plugin; may be repeated"
                       : "CALLABLE=N: calls at once of a handler; may be repeated"
        )
        ->delimiter(',');
}

void add_stop_options(CLI::App& command, const std::shared_ptr<HostOptions>& options) {
    command
        .add_option_function<int>(
            "--stop-ms",
            [options](int value) { options->stop_limit = std::chrono::milliseconds(value); },
            "how long running handlers may take at shutdown, before they are asked to stop"
        )
        ->check(CLI::Range(0, 3600000))
        ->default_str("10000");
    command
        .add_option_function<int>(
            "--kill-ms",
            [options](int value) { options->kill_limit = std::chrono::milliseconds(value); },
            "how long they may take after that, before the host goes without them"
        )
        ->check(CLI::Range(0, 3600000))
        ->default_str("5000");
}

void add_role_option(CLI::App& command, const std::shared_ptr<HostOptions>& options) {
    command
        .add_option_function<std::string>(
            "--role",
            [options](const std::string& role) {
                options->orchestration = role != "worker";
                options->worker = role != "orchestration";
            },
            "all, orchestration (tasks, retries, HTTP) or worker (handlers)"
        )
        ->check(CLI::IsMember({"all", "orchestration", "worker"}))
        ->default_str("all");
}

void add_listen_option(CLI::App& command, const std::shared_ptr<HostOptions>& options) {
    command
        .add_option_function<std::string>(
            "--listen",
            [options](const std::string& text) {
                const auto address = parse_listen_address(text);
                if (!address) {
                    throw CLI::ValidationError("--listen", address.error().detail);
                }
                options->listen = *address;
            },
            "where HTTP listens; port 0 takes any free one"
        )
        ->envname("TENON_LISTEN")
        ->default_str("127.0.0.1:8080, or :8081 for a worker alone");
}

void add_dispatch_options(CLI::App& command, const std::shared_ptr<HostOptions>& options) {
    command
        .add_option_function<std::string>(
            "--profile",
            [options](const std::string& text) {
                options->profile = parse_dispatch_profile(text).value();
            },
            "direct (the worker's call evaluates results) or queued (the orchestration role does)"
        )
        ->check(CLI::IsMember({"direct", "queued"}))
        ->envname("TENON_PROFILE")
        ->default_str("direct");
    command
        .add_option_function<std::string>(
            "--mode",
            [options](const std::string& text) {
                options->mode = parse_deployment_mode(text).value();
            },
            "how to learn of work: Hybrid, PollingOnly (no LISTEN, no NOTIFY) or EventDrivenOnly"
        )
        ->check(CLI::IsMember({"PollingOnly", "Hybrid", "EventDrivenOnly"}))
        ->envname("TENON_MODE")
        ->default_str("Hybrid");
    command
        .add_option_function<int>(
            "--poll-ms",
            [options](int value) { options->poll_interval = std::chrono::milliseconds(value); },
            "how often to look for work that nobody announced"
        )
        ->check(CLI::Range(10, 3600000))
        ->default_str("1000; PollingOnly: 50 to 500; EventDrivenOnly: 30000");
}

std::string crash_name(const HostOptions& options) {
    return options.supervision.supervised() ? options.supervision.crash_name : crash_file_name();
}

/// Returns the exit code.
int run_host(const HostOptions& options) {
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
    host.start();
    crash_file.enter(plugin_host::HostPhase::ready);
    log::info("host", "ready");
    host.run();
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

void add_host_options(CLI::App& command, const std::shared_ptr<HostOptions>& options) {
    command
        .add_option(
            "--database-url",
            options->database_url,
            "PostgreSQL to use; without it the host runs a private one"
        )
        ->envname("TENON_DATABASE_URL");
    command
        .add_option(
            "--direct-url",
            options->direct_url,
            "the same database past a pooler, for what needs a session of its own"
        )
        ->envname("TENON_DIRECT_URL");
    command
        .add_option(
            "--data-dir",
            options->data_directory,
            "where the private PostgreSQL keeps its data [$XDG_DATA_HOME/tenon]"
        )
        ->envname("TENON_DATA_DIR");
    command.add_option("--plugins", options->plugins, "folder of handler plugins (*.so)")
        ->envname("TENON_PLUGINS");
    add_admission_options(command, options->admission);
    add_reload_options(command, options->reload);
    add_isolation_options(command, options->isolation);
    command.add_option("--templates", options->templates, "folder of task templates (*.yaml)")
        ->envname("TENON_TEMPLATES");
    command
        .add_option("--namespaces", options->namespaces, "serve only these, comma separated [all]")
        ->delimiter(',')
        ->envname("TENON_NAMESPACES");
    command.add_option("--name", options->name, "what this host is called [the machine's name]");
    command.add_option("--slots", options->slots, "handlers that may run at once")
        ->check(CLI::Range(1, 10000))
        ->capture_default_str();
    command.add_option("--lanes", options->lanes, "connections on the step path")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    add_limit_option(command, "--plugin-limit", options->plugin_limits);
    add_limit_option(command, "--handler-limit", options->handler_limits);
    add_stop_options(command, options);
    add_dispatch_options(command, options);
    add_role_option(command, options);
    add_listen_option(command, options);
}

void add_host_command(CLI::App& root, std::vector<std::string> arguments, int& exit_code) {
    auto options = std::make_shared<HostOptions>();
    auto* command = root.add_subcommand("host", "run a host: orchestration, worker or both");
    add_host_options(*command, options);
    add_supervision_options(*command, options);
    command->callback([options, arguments = std::move(arguments), &exit_code] {
        const auto& supervision = options->supervision;
        exit_code = supervision.wanted && !supervision.supervised()
                        ? Supervisor(*options, arguments).run()
                        : run_host(*options);
    });
}

}  // namespace tenon::app
