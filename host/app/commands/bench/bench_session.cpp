#include "app/commands/bench/bench_session.hpp"

#include "app/bench/measured_run.hpp"
#include "app/bench/report/backlog_change.hpp"
#include "app/bench/report/bench_json.hpp"
#include "app/bench/report/bench_plot.hpp"
#include "app/bench/report/bench_table.hpp"
#include "app/bench/startup.hpp"
#include "foundation/error.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tenon::app {
namespace {

namespace fs = std::filesystem;

constexpr int some_task_failed = 1;

// Enough for a p99; more would only make people wait.
constexpr std::int32_t idle_tasks = 1000;

/// A data directory that is gone after the run.
class ScratchDirectory {
public:
    ScratchDirectory()
        : path_(
              fs::temp_directory_path() /
              fmt::format("tenon-bench-{}-{}", ::getpid(), ++made_so_far)
          ) {}

    ~ScratchDirectory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }

    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;

    const fs::path& path() const noexcept { return path_; }

private:
    static inline int made_so_far = 0;

    fs::path path_;
};

Progress show(const char* what) {
    return [what](double share) {
        if (::isatty(STDERR_FILENO) != 0) {
            fmt::print(stderr, "\r  {} … {:3.0f} %", what, share * 100);
            std::fflush(stderr);
        }
    };
}

void clear_progress() {
    if (::isatty(STDERR_FILENO) != 0) {
        fmt::print(stderr, "\r\x1b[K");
    }
}

/// Runs of one load, and how each went.
struct Series {
    BenchRuns runs;
    std::vector<BenchCourse> courses;
};

MeasuredRun measure_once(BenchOptions options) {
    if (!options.host.database_url.empty()) {
        return measure_fleet(options, show("measuring"));
    }
    const ScratchDirectory scratch;
    if (options.host.data_directory.empty()) {
        options.host.data_directory = scratch.path() / "data";
    }
    write_templates(scratch.path() / "templates", options);
    return measure_own_host(options, show("measuring"));
}

Series measure(const BenchOptions& options) {
    std::vector<BenchReport> reports;
    Series series;
    for (std::int32_t i = 0; i < options.runs; ++i) {
        auto [report, course] = measure_once(options);
        reports.push_back(std::move(report));
        series.courses.push_back(std::move(course));
    }
    clear_progress();
    series.runs = summarise(reports);
    series.runs.samples = series.courses.back().samples;
    return series;
}

void write_plot(const Series& series, const BenchOptions& options) {
    if (options.plot.empty()) {
        return;
    }
    const auto& median = series.runs.median;
    std::ofstream file(options.plot);
    file << to_svg(
        {.title = fmt::format(
             "{}: {:.0f} steps/s, median of {}",
             template_names(options),
             median.steps_per_s,
             series.runs.count
         ),
         .conditions = median.conditions,
         .steps_per_task = static_cast<double>(median.steps) / static_cast<double>(median.tasks),
         .courses = series.courses}
    );
    file.close();
    if (!file) {
        throw Exception({ErrorCode::unavailable, options.plot.string() + " cannot be written"});
    }
}

/// What was asked for, measured once: one load or both ends of the scale.
struct Outcome {
    std::optional<Series> idle;  ///< One task at a time.
    Series loaded;

    std::int64_t failed_tasks() const {
        return loaded.runs.median.failed_tasks + (idle ? idle->runs.median.failed_tasks : 0);
    }

    BenchSummary summary() const { return {.idle = idle->runs, .loaded = loaded.runs}; }

    /// Latencies are those of the idle host, where it was measured.
    const BenchReport& latencies() const { return idle ? idle->runs.median : loaded.runs.median; }
};

Outcome measure_ends(const BenchOptions& options, bool both_ends) {
    Outcome outcome;
    if (both_ends) {
        auto one_at_a_time = options;
        one_at_a_time.in_flight = 1;
        one_at_a_time.bare_sql = false;
        if (options.tasks) {
            one_at_a_time.tasks = std::min(*options.tasks, idle_tasks);
        }
        outcome.idle = measure(one_at_a_time);
    }
    outcome.loaded = measure(options);
    return outcome;
}

std::string json_of(const Outcome& outcome, const BenchOptions& options) {
    return outcome.idle ? to_json(outcome.summary(), options)
                        : to_json(outcome.loaded.runs, options);
}

std::string table_of(const Outcome& outcome, const BenchOptions& options) {
    return outcome.idle ? to_table(outcome.summary(), options)
                        : to_table(outcome.loaded.runs, options);
}

int run_load(const BenchOptions& options, bool both_ends) {
    const auto outcome = measure_ends(options, both_ends);
    fmt::print("{}\n", options.json ? json_of(outcome, options) : table_of(outcome, options));
    write_plot(outcome.loaded, options);
    return outcome.failed_tasks() == 0 ? 0 : some_task_failed;
}

/// The same load in the same database, before and after it was filled.
int run_with_backlog(BenchOptions options, bool both_ends) {
    const ScratchDirectory scratch;
    if (options.host.data_directory.empty()) {
        options.host.data_directory = scratch.path() / "filled";
    }
    const auto empty = measure_ends(options, both_ends);
    fill_backlog(options, scratch.path() / "backlog", show("filling"));
    clear_progress();
    const auto filled = measure_ends(options, both_ends);
    const auto change = compare(
        {.latencies = empty.latencies(), .throughput = empty.loaded.runs.median},
        {.latencies = filled.latencies(), .throughput = filled.loaded.runs.median}
    );
    const auto backlog = options.backlog.text();
    if (options.json) {
        fmt::print(
            R"({{"backlog":"{}","empty":{},"filled":{},"change":{}}})"
            "\n",
            backlog,
            json_of(empty, options),
            json_of(filled, options),
            to_json(change)
        );
    } else {
        fmt::print(
            "EMPTY\n\n{}\nWITH A BACKLOG OF {}\n\n{}\n{}",
            table_of(empty, options),
            backlog,
            table_of(filled, options),
            to_table(change)
        );
    }
    write_plot(filled.loaded, options);
    return empty.failed_tasks() + filled.failed_tasks() == 0 ? 0 : some_task_failed;
}

}  // namespace

int run_bench(const BenchOptions& options, bool both_ends) {
    if (options.startup) {
        const ScratchDirectory scratch;
        const auto times = measure_startup(options, scratch.path());
        fmt::print("{}\n", options.json ? to_json(times) : to_table(times));
        return 0;
    }
    return options.backlog.empty() ? run_load(options, both_ends)
                                   : run_with_backlog(options, both_ends);
}

}  // namespace tenon::app
