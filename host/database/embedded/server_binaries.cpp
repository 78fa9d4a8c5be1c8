#include "database/embedded/server_binaries.hpp"

#include "database/embedded/child_process.hpp"
#include "foundation/error.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <unistd.h>

namespace tenon::database {
namespace {

namespace fs = std::filesystem;

constexpr int oldest_supported = 15;

bool holds_server(const fs::path& folder) {
    return access((folder / "postgres").c_str(), X_OK) == 0 &&
           access((folder / "initdb").c_str(), X_OK) == 0;
}

int to_version(std::string_view text) {
    int version = 0;
    std::from_chars(text.data(), text.data() + text.size(), version);
    return version;
}

/// "postgres (PostgreSQL) 15.20 (Debian …)" → 15.
int ask_version(const fs::path& folder) {
    const auto answer = run_to_end({folder / "postgres", {"-V"}, std::nullopt});
    const auto at = answer.output.find("(PostgreSQL) ");
    return at == std::string::npos ? 0
                                   : to_version(std::string_view(answer.output).substr(at + 13));
}

std::vector<ServerBinaries> servers_on_path() {
    std::vector<ServerBinaries> found;
    // Read once, at start-up, before anything could change the environment.
    const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        if (!folder.empty() && holds_server(folder)) {
            found.push_back({ask_version(folder), folder});
        }
    }
    return found;
}

}  // namespace

std::vector<ServerBinaries> installed_servers(const fs::path& root) {
    std::vector<ServerBinaries> found;
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(root, absent)) {
        if (holds_server(entry.path() / "bin")) {
            found.push_back({to_version(entry.path().filename().string()), entry.path() / "bin"});
        }
    }
    std::ranges::copy(servers_on_path(), std::back_inserter(found));
    std::erase_if(found, [](const auto& server) {
        return server.major_version < oldest_supported;
    });
    std::ranges::sort(found, std::greater{}, &ServerBinaries::major_version);
    return found;
}

ServerBinaries choose_server(
    const std::vector<ServerBinaries>& installed,
    std::optional<int> cluster_version,
    const fs::path& cluster
) {
    if (installed.empty()) {
        throw Exception(
            {ErrorCode::unavailable,
             "no PostgreSQL server is installed: found neither /usr/lib/postgresql/15/bin/postgres "
             "nor postgres on PATH; install the package postgresql-15, or give tenon a database URL"
            }
        );
    }
    if (!cluster_version) {
        return installed.front();
    }
    const auto match =
        std::ranges::find(installed, *cluster_version, &ServerBinaries::major_version);
    if (match == installed.end()) {
        std::vector<int> versions;
        std::ranges::transform(
            installed, std::back_inserter(versions), &ServerBinaries::major_version
        );
        throw Exception(
            {ErrorCode::unavailable,
             fmt::format(
                 "the cluster in {} was made by PostgreSQL {}, which is not installed (found {}); "
                 "install the package postgresql-{}, or choose another data directory",
                 cluster.string(),
                 *cluster_version,
                 fmt::join(versions, ", "),
                 *cluster_version
             )}
        );
    }
    return *match;
}

}  // namespace tenon::database
