#include "app/bench/measures/server_cpu.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
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

}  // namespace

std::optional<std::chrono::microseconds> server_cpu_time(pid_t any_backend) {
    const auto postmaster = postmaster_of(any_backend);
    if (!postmaster) {
        return std::nullopt;
    }
    const auto root = read_stat(*postmaster);
    long ticks = root ? root->own_ticks + root->child_ticks : 0;
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator("/proc", failure)) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) {
            continue;
        }
        const auto stat = read_stat(static_cast<pid_t>(std::stol(name)));
        if (stat && stat->parent == *postmaster) {
            ticks += stat->own_ticks + stat->child_ticks;
        }
    }
    return std::chrono::microseconds(ticks * (1'000'000 / ::sysconf(_SC_CLK_TCK)));
}

}  // namespace tenon::app
