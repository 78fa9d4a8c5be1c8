#include "app/commands/bench/bench_command.hpp"

#include "app/commands/bench/bench_session.hpp"
#include "app/commands/host_command.hpp"
#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::app {
namespace {

using Workload = database::BenchRepository::Workload;

void parse_template(const std::string& text, Workload& workload) {
    const auto slash = text.find('/');
    const auto at = text.find('@');
    if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) {
        throw CLI::ValidationError("--template", "'" + text + "' is not NAMESPACE/NAME[@VERSION]");
    }
    workload.namespace_name = text.substr(0, slash);
    workload.name = text.substr(slash + 1, at == std::string::npos ? at : at - slash - 1);
    workload.version = at == std::string::npos ? "" : text.substr(at + 1);
}

/// What only a host of the benchmark's own can show.
void check_embedded(const BenchOptions& options) {
    if (options.host.database_url.empty()) {
        return;
    }
    const auto refuse = [](const std::string& option, const std::string& why) {
        throw CLI::ValidationError(option, why + "; leave --database-url out");
    };
    if (!options.shapes.empty()) {
        refuse("--shape", "registers a template, which only a host of the benchmark's own gets");
    }
    if (!options.backlog.empty()) {
        refuse("--backlog", "fills a database, which should be one of the benchmark's own");
    }
    if (options.bare_sql) {
        refuse("--bare-sql", "needs a database whose queues nobody else works on");
    }
    if (options.via == Via::wake) {
        refuse("--via wake", "tells a host within the process");
    }
    if (is_http(options.via)) {
        refuse("--via http", "submits to a host within the process");
    }
    if (options.hosts > 1) {
        refuse("--hosts", "starts hosts beside one of the benchmark's own");
    }
    if (options.hold_xmin) {
        refuse("--hold-xmin", "keeps vacuum from its work in a database of the benchmark's own");
    }
}

/// What does not go together.
void check_load(const BenchOptions& options) {
    if (options.duration && options.rate <= 0 && options.in_flight == 0) {
        throw CLI::ValidationError(
            "--duration", "says when to stop submitting; add --rate or --in-flight"
        );
    }
    if (options.via == Via::wake && options.hosts > 1) {
        throw CLI::ValidationError(
            "--via", "wake tells one host, and there are more; use sql or leave --hosts out"
        );
    }
}

/// "10m", "90s", "500ms".
std::chrono::milliseconds read_duration(const std::string& text) {
    constexpr std::array<std::pair<std::string_view, int>, 4> units{
        {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}}
    };
    constexpr std::int64_t longest_ms = 86'400'000;
    std::int64_t count = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, count);
    const std::string_view unit(read.ptr, end);
    for (const auto& [name, ms] : units) {
        if (read.ec == std::errc() && unit == name && count > 0 && count <= longest_ms / ms) {
            return std::chrono::milliseconds(count * ms);
        }
    }
    throw CLI::ValidationError(
        "--duration", "'" + text + "' is no duration; write 10m, 90s or 500ms, up to 24h"
    );
}

void add_surroundings_options(CLI::App& command, const std::shared_ptr<BenchOptions>& options) {
    command
        .add_option(
            "--hosts", options->hosts, "processes that work: the host itself and further workers"
        )
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    command
        .add_flag(
            "--startup",
            options->startup,
            "measure only how long hosts take from the start of their process until they are ready"
        )
        ->excludes("--in-flight")
        ->excludes("--rate");
    command.add_flag(
        "--hold-xmin",
        options->hold_xmin,
        "a transaction keeps its snapshot for the whole run, so that vacuum removes nothing"
    );
    command
        .add_option_function<std::string>(
            "--duration",
            [options](const std::string& text) { options->duration = read_duration(text); },
            "with --rate or --in-flight: submit for so long, e.g. 10m, and look at memory and "
            "tables"
        )
        ->excludes("--tasks");
}

/// The templates that shapes stand for take the place of the one that was named.
void adopt_shapes(BenchOptions& options) {
    if (options.shapes.empty()) {
        return;
    }
    const auto context = options.workloads.front().context_json;
    options.workloads.clear();
    for (auto& shape : options.shapes) {
        shape.payload = options.payload;
        options.workloads.push_back(
            {.namespace_name = BenchShape::own_namespace,
             .name = shape.name(),
             .version = {},
             .context_json = context}
        );
    }
}

void add_backlog_option(CLI::App& command, const std::shared_ptr<BenchOptions>& options) {
    command.add_option_function<std::string>(
        "--backlog",
        [options](const std::string& text) {
            try {
                options->backlog = Backlog::parse(text);
            } catch (const Exception& error) {
                throw CLI::ValidationError("--backlog", error.what());
            }
        },
        "open:TASKS and settled:STEPS, such as open:1M,settled:10M: measure without and with them"
    );
}

/// A host that serves everything would work off the backlog.
void serve_the_load_only(BenchOptions& options) {
    if (options.backlog.empty() || !options.host.namespaces.empty()) {
        return;
    }
    for (const auto& workload : options.workloads) {
        options.host.namespaces.push_back(workload.namespace_name);
    }
}

void add_via_option(CLI::App& command, const std::shared_ptr<BenchOptions>& options) {
    command
        .add_option_function<std::string>(
            "--via",
            [options](const std::string& text) { options->via = parse_via(text).value(); },
            "how tasks come: wake (SQL, and the host is told within the process), sql (with "
            "NOTIFY), http or http-batch"
        )
        ->check(CLI::IsMember({"wake", "sql", "http", "http-batch"}))
        ->default_str("wake; with --hosts or --database-url sql");
}

void add_load_options(CLI::App& command, const std::shared_ptr<BenchOptions>& options) {
    command
        .add_option_function<std::string>(
            "--shape",
            [options](const std::string& text) {
                try {
                    options->shapes = BenchShape::parse(text);
                } catch (const Exception& error) {
                    throw CLI::ValidationError("--shape", error.what());
                }
            },
            "a template made for the run: chain[:STEPS], diamond[:STACKED], tree[:LEVELS], "
            "wide[:STEPS], or mixed, which is one of each"
        )
        ->excludes("--template");
    command.add_option("--payload", options->payload, "with --shape: bytes of every step's result")
        ->needs("--shape")
        ->check(CLI::Range(2, 8'388'608));
    command
        .add_option(
            "--rate", options->rate, "open loop: tasks per second, whatever becomes of them"
        )
        ->excludes("--in-flight")
        ->check(CLI::Range(0.1, 1e6));
    command.add_option("--runs", options->runs, "repeat, and report medians with their range")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    command.add_flag(
        "--bare-sql",
        options->bare_sql,
        "then the same load without a host, in batches of the same size"
    );
    command.add_option("--plot", options->plot, "write throughput and latency as SVG to this file");
}

}  // namespace

void add_bench_command(CLI::App& root, int& exit_code) {
    auto options = std::make_shared<BenchOptions>();
    auto host = std::make_shared<HostOptions>();
    auto* command = root.add_subcommand("bench", "measure steps per second, latency and cost");
    add_host_options(*command, host);
    command
        ->add_option_function<std::string>(
            "--template",
            [options](const std::string& text) {
                parse_template(text, options->workloads.front());
            },
            "NAMESPACE/NAME[@VERSION] of the tasks"
        )
        ->default_str("noop/chain");
    command
        ->add_option(
            "--input",
            options->workloads.front().context_json,
            "context of each task, a JSON object"
        )
        ->capture_default_str();
    command->add_option("--tasks", options->tasks, "tasks to measure [as many as 40000 steps make]")
        ->check(CLI::Range(1, 10'000'000));
    command
        ->add_option(
            "--in-flight",
            options->in_flight,
            "tasks under way at once, 0 submits all of them first [both one at a time and all]"
        )
        ->check(CLI::Range(0, 100'000));
    command
        ->add_option(
            "--warm-up", options->warm_up, "tasks before the measured ones [as 800 steps make]"
        )
        ->check(CLI::Range(0, 1'000'000));
    command->add_flag("--json", options->json, "print one JSON object");
    add_load_options(*command, options);
    add_via_option(*command, options);
    add_backlog_option(*command, options);
    add_surroundings_options(*command, options);
    command->callback([options, host, command, &exit_code] {
        options->host = *host;
        if (command->count("--via") == 0 && (options->hosts > 1 || !host->database_url.empty())) {
            options->via = Via::sql;
        }
        if (!options->startup) {
            check_embedded(*options);
        }
        check_load(*options);
        adopt_shapes(*options);
        serve_the_load_only(*options);
        if (options->json) {
            log::start(log::Level::warning);
        }
        const bool one_load = command->count("--in-flight") + command->count("--rate") > 0;
        exit_code = run_bench(*options, !one_load);
    });
}

}  // namespace tenon::app
