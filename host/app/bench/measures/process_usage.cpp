#include "app/bench/measures/process_usage.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace tenon::app {
namespace {

// The fields of /proc/PID/stat that count here; proc(5).
struct ProcessStat {
    std::string command;
    pid_t parent = 0;
    long own_ticks = 0;    ///< utime + stime
    long child_ticks = 0;  ///< cutime + cstime: children that ended and were reaped
};

std::optional<ProcessStat> read_stat(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    if (!std::getline(file, text)) {
        return std::nullopt;
    }
    // The command is in parentheses and may hold anything; the rest is plain.
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string::npos || close == std::string::npos) {
        return std::nullopt;
    }
    std::istringstream fields(text.substr(close + 2));
    std::string skipped;
    ProcessStat stat{.command = text.substr(open + 1, close - open - 1)};
    std::array<long, 4> ticks{};
    fields >> skipped >> stat.parent;
    for (int field = 5; field <= 13; ++field) {
        fields >> skipped;
    }
    fields >> ticks[0] >> ticks[1] >> ticks[2] >> ticks[3];
    stat.own_ticks = ticks[0] + ticks[1];
    stat.child_ticks = ticks[2] + ticks[3];
    return fields ? std::optional(stat) : std::nullopt;
}

std::optional<pid_t> postmaster_of(pid_t backend) {
    const auto stat = read_stat(backend);
    if (!stat || stat->command != "postgres") {
        return std::nullopt;
    }
    const auto parent = read_stat(stat->parent);
    return parent && parent->command == "postgres" ? stat->parent : backend;
}

std::chrono::microseconds to_time(long ticks) {
    return std::chrono::microseconds(ticks * (1'000'000 / ::sysconf(_SC_CLK_TCK)));
}

std::map<pid_t, ProcessStat> read_all() {
    std::map<pid_t, ProcessStat> all;
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", failure)) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        const auto pid = static_cast<pid_t>(std::stol(name));
        if (const auto stat = read_stat(pid)) {
            all.emplace(pid, *stat);
        }
    }
    return all;
}

/// Whether `pid` descends from `root` and from no server of PostgreSQL.
bool belongs_to(const std::map<pid_t, ProcessStat>& all, pid_t pid, pid_t root) {
    for (auto at = all.find(pid); at != all.end(); at = all.find(at->second.parent)) {
        if (at->second.command == "postgres") {
            return false;
        }
        if (at->second.parent == root) {
            return true;
        }
    }
    return false;
}

/// A line of /proc/PID/status in KiB, e.g. "VmHWM"; 0 when it is not there.
std::int64_t status_kib(pid_t pid, std::string_view name) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(name)) {
            return std::stol(line.substr(name.size() + 1));
        }
    }
    return 0;
}

}  // namespace

std::optional<std::chrono::microseconds> server_cpu_time(pid_t any_backend) {
    const auto postmaster = postmaster_of(any_backend);
    if (!postmaster) {
        return std::nullopt;
    }
    long ticks = 0;
    for (const auto& [pid, stat] : read_all()) {
        if (pid == *postmaster || stat.parent == *postmaster) {
            ticks += stat.own_ticks + stat.child_ticks;
        }
    }
    return to_time(ticks);
}

FamilyUsage family_usage() {
    const auto self = ::getpid();
    FamilyUsage usage{
        .rss_kib = status_kib(self, "VmRSS"), .peak_rss_kib = status_kib(self, "VmHWM")
    };
    long host_ticks = 0;
    long runner_ticks = 0;
    const auto all = read_all();
    for (const auto& [pid, stat] : all) {
        if (!belongs_to(all, pid, self)) {
            continue;
        }
        const bool runner = stat.command.starts_with("tenon-plugin");
        (runner ? runner_ticks : host_ticks) += stat.own_ticks;
        if (!runner) {
            usage.rss_kib += status_kib(pid, "VmRSS");
            usage.peak_rss_kib += status_kib(pid, "VmHWM");
        }
    }
    usage.other_hosts_cpu = to_time(host_ticks);
    usage.runners_cpu = to_time(runner_ticks);
    return usage;
}

}  // namespace tenon::app
