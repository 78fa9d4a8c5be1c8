#pragma once

#include "app/host_options.hpp"
#include "app/supervision/host_child.hpp"
#include "app/supervision/restart_policy.hpp"
#include "database/embedded_server.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tenon::app {

/// The parent of a host: starts it, passes signals on to it, and starts it again when it crashes.
///
/// It loads no plugin and asks no database, so that nothing of what kills a host can kill it. The
/// embedded PostgreSQL is its child, not the host's, and outlives the host's crashes. When it dies
/// itself, host and server go with it. [setup]
class Supervisor {
public:
    /// `arguments`: this process's own, its name first.
    Supervisor(HostOptions options, std::vector<std::string> arguments);

    /// Runs hosts until one ends in order, one was told to, or too many crashed in a row. Returns
    /// what the process is to end with. Throws as EmbeddedServer::start does.
    int run();

    /// What it ends with when it gives up.
    static constexpr int gave_up = 7;

private:
    using Clock = std::chrono::steady_clock;

    void start_host();
    std::optional<int> heed(const siginfo_t& signal);
    void pass_on(int signal);
    std::optional<int> look_at_host();
    std::optional<int> ended(const ChildEnding& ending);
    std::string account_of(const ChildEnding& ending) const;
    std::filesystem::path crash_file() const;

    const HostOptions options_;
    const std::vector<std::string> arguments_;
    const std::filesystem::path crash_directory_;
    std::optional<database::EmbeddedServer> server_;
    RestartPolicy policy_;
    pid_t host_ = 0;  // 0: none runs.
    std::string crash_name_;
    Clock::time_point started_{};
    std::optional<Clock::time_point> start_at_;
    bool told_to_stop_ = false;
};

}  // namespace tenon::app
