#include "database/embedded/cluster.hpp"

#include "database/embedded/child_process.hpp"
#include "foundation/error.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace tenon::database {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t log_size_max = 10'000'000;
constexpr std::streamoff log_tail_size = 4096;

[[noreturn]] void fail(std::string sentence) {
    throw Exception({ErrorCode::unavailable, std::move(sentence)});
}

/// One item of a comma-separated list of PostgreSQL's, quoted like an SQL identifier.
std::string quote_list_item(const std::string& item) {
    std::string quoted = "\"";
    for (const char letter : item) {
        quoted += letter == '"' ? "\"\"" : std::string(1, letter);
    }
    return quoted + "\"";
}

}  // namespace

Cluster::Cluster(
    const DataDirectory& directory,
    ServerBinaries binaries,
    std::optional<ServerAccount> account
)
    : directory_(directory), binaries_(std::move(binaries)), account_(std::move(account)) {}

void Cluster::create() const {
    const auto draft = directory_.make_draft();
    const auto result = run_to_end(
        {binaries_.folder / "initdb",
         {"--pgdata=" + draft.string(),
          "--username=tenon",
          "--auth=trust",
          "--encoding=UTF8",
          "--no-locale",
          "--no-instructions"},
         account_}
    );
    if (result.exit_code != 0) {
        fs::remove_all(draft);
        fail(fmt::format(
            "cannot create a PostgreSQL cluster in {}: {}; free space or choose another directory "
            "with --data-dir",
            directory_.root().string(),
            complaint_in(result.output)
        ));
    }
    directory_.publish(draft);
}

void Cluster::configure(const std::vector<ServerSetting>& extra) const {
    auto settings = default_settings(supports_lz4());
    settings.insert(settings.end(), extra.begin(), extra.end());
    std::ofstream file(directory_.settings_file(), std::ios::trunc);
    file << render_settings(settings, directory_.operator_file());
    file.close();
    if (!file) {
        fail(fmt::format(
            "cannot write {}: {}; free space or choose another directory with --data-dir",
            directory_.settings_file().string(),
            std::generic_category().message(errno)
        ));
    }
    using fs::perms;
    fs::permissions(
        directory_.settings_file(),
        perms::owner_read | perms::owner_write | perms::group_read | perms::others_read
    );
}

ChildCommand Cluster::server_command(const fs::path& socket_directory, int log) const {
    const auto setting = [](std::string_view name, std::string_view value) {
        return fmt::format("--{}={}", name, value);
    };
    return {
        binaries_.folder / "postgres",
        {"-D",
         directory_.cluster().string(),
         setting("config_file", directory_.settings_file().string()),
         setting("listen_addresses", ""),
         setting("unix_socket_directories", quote_list_item(socket_directory.string())),
         setting("unix_socket_permissions", "0700"),
         setting("port", "5432")},
        account_,
        0,
        log
    };
}

int Cluster::open_log() const {
    const auto path = directory_.log_file();
    std::error_code absent;
    if (fs::file_size(path, absent) > log_size_max && !absent) {
        fs::rename(path, path.string() + ".1", absent);
    }
    const int log = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log < 0) {
        fail(fmt::format(
            "cannot write {}: {}; choose a writable directory with --data-dir",
            path.string(),
            std::generic_category().message(errno)
        ));
    }
    return log;
}

std::string Cluster::last_complaint() const {
    std::ifstream file(directory_.log_file());
    file.seekg(0, std::ios::end);
    file.seekg(std::max<std::streamoff>(0, file.tellg() - log_tail_size));
    std::stringstream tail;
    tail << file.rdbuf();
    return complaint_in(tail.str());
}

bool Cluster::supports_lz4() const {
    const auto probe = run_to_end(
        {binaries_.folder / "postgres",
         {"-C", "wal_compression", "-D", directory_.cluster().string(), "--wal_compression=lz4"},
         account_}
    );
    return probe.exit_code == 0;
}

std::string complaint_in(std::string_view output) {
    std::istringstream lines{std::string(output)};
    std::string last = "it said nothing";
    std::string complaint;
    for (std::string line; std::getline(lines, line);) {
        for (const std::string_view mark : {"FATAL:  ", "PANIC:  ", "error: "}) {
            const auto at = line.find(mark);
            if (at != std::string::npos) {
                complaint = line.substr(at + mark.size());
            }
        }
        if (!line.empty()) {
            last = line;
        }
    }
    return complaint.empty() ? last : complaint;
}

}  // namespace tenon::database
