#pragma once

#include "app/host_options.hpp"
#include "database/connection_pool.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace tenon::app {

/// Where hosts keep their crash files: below the directory of the plugins' state.
std::filesystem::path crash_directory(const HostOptions& options);

/// A name for one more crash file, which no process of this machine or of another had.
std::string crash_file_name();

/// Which database's steps this host runs, as crash files have it.
std::uint64_t crash_home(const HostOptions& options);

/// Looks for what hosts that crashed left behind here, says what it tells, and demotes the builds
/// that are to blame, so that they do not take the next host down. Before plugins are loaded.
/// [setup]
void heed_crashes(const HostOptions& options);

/// Tells the database which attempts they crashed in, before the steps are rescued, and removes
/// what they left; also how many crashes make a step poison, where that was asked for. [setup]
void report_crashes(const HostOptions& options, database::ConnectionPool& pool);

}  // namespace tenon::app
