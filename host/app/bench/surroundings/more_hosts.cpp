#include "app/bench/surroundings/more_hosts.hpp"

#include "app/supervision/host_child.hpp"
#include "database/repositories/bench/bench_repository.hpp"
#include "foundation/error.hpp"

#include <chrono>
#include <csignal>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>
#include <thread>
#include <utility>

namespace tenon::app {
namespace {

constexpr std::chrono::seconds start_limit(20);

[[noreturn]] void fail(const std::string& what) {
    throw Exception(
        {ErrorCode::unavailable,
         what + "; try `tenon host --role worker` with the same options, or fewer --hosts"}
    );
}

void add_limits(
    std::vector<std::string>& words,
    const std::string& option,
    const std::map<std::string, std::uint32_t, std::less<>>& limits
) {
    for (const auto& [name, limit] : limits) {
        words.push_back(fmt::format("{}={}={}", option, name, limit));
    }
}

}  // namespace

std::vector<std::string> MoreHosts::arguments(
    const HostOptions& options,
    const std::string& conninfo,
    const std::string& name
) {
    std::vector<std::string> words{
        "tenon",
        "--quiet",
        "host",
        "--no-supervisor",
        "--role=worker",
        "--listen=127.0.0.1:0",
        "--name=" + name,
        "--database-url=" + conninfo,
        fmt::format("--slots={}", options.slots),
        fmt::format("--lanes={}", options.lanes),
        fmt::format("--profile={}", to_string(options.profile)),
        fmt::format("--mode={}", to_string(options.mode)),
        fmt::format("--isolation={}", plugin_host::to_string(options.isolation.usual))
    };
    if (!options.plugins.empty()) {
        words.push_back("--plugins=" + options.plugins.string());
    }
    if (!options.namespaces.empty()) {
        words.push_back(fmt::format("--namespaces={}", fmt::join(options.namespaces, ",")));
    }
    if (options.poll_interval) {
        words.push_back(fmt::format("--poll-ms={}", options.poll_interval->count()));
    }
    if (!options.reload.state_directory.empty()) {
        words.push_back("--plugin-state=" + options.reload.state_directory.string());
    }
    add_limits(words, "--plugin-limit", options.plugin_limits);
    add_limits(words, "--handler-limit", options.handler_limits);
    return words;
}

MoreHosts::MoreHosts(const HostOptions& options, const std::string& conninfo, std::int32_t count) {
    try {
        for (std::int32_t i = 0; i < count; ++i) {
            const auto name = fmt::format("bench-{}", i + 2);
            hosts_.push_back(start_again(arguments(options, conninfo, name), {SIGTERM, SIGINT}));
        }
        await_work(conninfo);
    } catch (...) {
        stop();
        throw;
    }
}

MoreHosts::~MoreHosts() {
    stop();
}

/// The host of this process is at work already.
void MoreHosts::await_work(const std::string& conninfo) const {
    database::BenchRepository database(conninfo);
    const auto wanted = static_cast<std::int64_t>(hosts_.size()) + 1;
    const auto deadline = std::chrono::steady_clock::now() + start_limit;
    while (database.fleet().workers < wanted) {
        for (const auto host : hosts_) {
            siginfo_t ended{};
            ::waitid(P_PID, static_cast<id_t>(host), &ended, WEXITED | WNOHANG | WNOWAIT);
            if (ended.si_pid != 0) {
                fail("one of the further hosts ended as soon as it was started");
            }
        }
        if (std::chrono::steady_clock::now() > deadline) {
            fail(fmt::format("the further hosts were not at work within {}", start_limit));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

void MoreHosts::stop() noexcept {
    for (const auto host : hosts_) {
        ::kill(host, SIGTERM);
    }
    for (const auto host : hosts_) {
        ::waitpid(host, nullptr, 0);
    }
    hosts_.clear();
}

}  // namespace tenon::app
