#include "database/embedded/process_table.hpp"

#include "foundation/error.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <fmt/format.h>
#include <fstream>
#include <string>
#include <thread>

namespace tenon::database {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

pid_t to_pid(std::string_view text) {
    pid_t value = 0;
    const auto end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    return result.ec == std::errc() && result.ptr == end ? value : 0;
}

bool wait_until_empty(const fs::path& directory, std::chrono::milliseconds limit) {
    const auto until = Clock::now() + limit;
    while (!servers_in(directory).empty()) {
        if (Clock::now() > until) {
            return false;
        }
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

/// An operator's shell may stand in the directory too; that is none of our business.
bool is_server(const fs::path& process) {
    std::ifstream file(process / "comm");
    std::string name;
    return std::getline(file, name) && name == "postgres";
}

pid_t recorded_server(const fs::path& cluster) {
    std::ifstream file(cluster / "postmaster.pid");
    pid_t server = 0;
    return file >> server ? server : 0;
}

}  // namespace

bool is_running(pid_t process) {
    if (process <= 0) {
        return false;
    }
    std::ifstream file(fmt::format("/proc/{}/stat", process));
    std::string line;
    std::getline(file, line);
    const auto name_end = line.rfind(") ");  // The name may hold anything, spaces included.
    return name_end != std::string::npos && line[name_end + 2] != 'Z' && line[name_end + 2] != 'X';
}

std::vector<pid_t> servers_in(const fs::path& directory) {
    std::vector<pid_t> found;
    std::error_code gone;
    const auto target = fs::canonical(directory, gone);
    if (gone) {
        return found;
    }
    for (const auto& entry : fs::directory_iterator("/proc", gone)) {
        const pid_t process = to_pid(entry.path().filename().string());
        std::error_code unreadable;
        if (process > 0 && fs::read_symlink(entry.path() / "cwd", unreadable) == target &&
            is_server(entry.path()) && is_running(process)) {
            found.push_back(process);
        }
    }
    return found;
}

pid_t stop_orphans(const fs::path& cluster, std::chrono::milliseconds limit) {
    const auto residents = servers_in(cluster);
    const pid_t server = recorded_server(cluster);
    const bool orphaned = std::ranges::find(residents, server) != residents.end();
    if (orphaned) {
        kill(server, SIGINT);
    }
    if (!wait_until_empty(cluster, limit)) {
        for (const pid_t process : servers_in(cluster)) {
            kill(process, SIGQUIT);
        }
    }
    if (!wait_until_empty(cluster, limit)) {
        throw Exception(
            {ErrorCode::unavailable,
             fmt::format(
                 "process {} of an earlier host still works in {}; end it, then start again",
                 servers_in(cluster).front(),
                 cluster.string()
             )}
        );
    }
    std::error_code absent;
    fs::remove(cluster / "postmaster.pid", absent);
    return orphaned ? server : 0;
}

}  // namespace tenon::database
