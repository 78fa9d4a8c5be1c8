#pragma once

#include "app/bench/bench_options.hpp"
#include "app/bench/measures/percentiles.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tenon::app {

/// How long hosts took from the start of their process until /health/ready answered 200.
struct StartupTimes {
    std::vector<double> fresh_ms;     ///< Each with a new embedded server.
    std::vector<double> again_ms;     ///< Each with an embedded server that was there before.
    std::vector<double> database_ms;  ///< Each on a database that runs.
};

/// Starts hosts with the options' plugins and templates, `options.runs` of each kind, one after the
/// other, in `folder`. The database is `options.host.database_url`, or else that of another host.
/// Throws Exception(unavailable) when one is not ready within a minute.
StartupTimes measure_startup(const BenchOptions& options, const std::filesystem::path& folder);

/// One JSON object on one line.
std::string to_json(const StartupTimes& times);

std::string to_table(const StartupTimes& times);

}  // namespace tenon::app
