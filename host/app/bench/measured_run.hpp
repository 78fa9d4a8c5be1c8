#pragma once

#include "app/bench/bench_options.hpp"
#include "app/bench/report/bench_report.hpp"

#include <filesystem>
#include <functional>

namespace tenon::app {

/// One run, and how it went.
struct MeasuredRun {
    BenchReport report;
    BenchCourse course;
};

/// Hears the share that is done, from 0 to 1.
using Progress = std::function<void(double)>;

/// Puts the templates of shapes into a folder, where the host shall find them.
void write_templates(const std::filesystem::path& folder, BenchOptions& options);

/// Fills the database in the host's data directory. `folder`: for the template of the backlog.
void fill_backlog(
    const BenchOptions& options,
    const std::filesystem::path& folder,
    const Progress& progress
);

/// Starts a host, measures it and stops it. Its data directory is given.
MeasuredRun measure_own_host(const BenchOptions& options, const Progress& progress);

/// Measures the hosts that serve a database.
MeasuredRun measure_fleet(const BenchOptions& options, const Progress& progress);

}  // namespace tenon::app
