#pragma once

#include <filesystem>
#include <optional>
#include <vector>

namespace tenon::database {

/// One installed PostgreSQL server: the folder that holds `postgres` and `initdb`.
struct ServerBinaries {
    int major_version = 0;
    std::filesystem::path folder;
};

/// Every usable installation, newest first: `<root>/<major>/bin` as Debian lays them out, then
/// the folders of PATH. Servers older than 15 are left out.
std::vector<ServerBinaries> installed_servers(
    const std::filesystem::path& root = "/usr/lib/postgresql"
);

/// The installation that must serve a cluster of `cluster_version`, or the newest for a new one.
///
/// Throws `unavailable` in a sentence with the fix when there is none: a cluster's files can be
/// read by its own major version only.
ServerBinaries choose_server(
    const std::vector<ServerBinaries>& installed,
    std::optional<int> cluster_version,
    const std::filesystem::path& cluster
);

}  // namespace tenon::database
