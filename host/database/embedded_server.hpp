#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace tenon::database {

class Cluster;

/// Where the embedded cluster lives when nobody says otherwise: `$XDG_DATA_HOME/tenon`, else
/// `~/.local/share/tenon`; as root `/var/lib/tenon`, because root's home is closed to the user
/// that PostgreSQL then runs as.
std::filesystem::path default_data_directory();

/// A private PostgreSQL server of this host: made on first use, started, watched and stopped by it.
///
/// It listens on a unix socket in a private directory and nowhere else. Role (a superuser) and
/// database are both called `tenon`. As root the server runs as the user `postgres`. At most one
/// host uses a data directory at a time, held by a file lock that dies with the process; what a
/// killed host left behind (a running server, a stale pid file, a half-made cluster) is put in
/// order at the next start. The server shuts down by itself when this process dies, whichever
/// thread called `start`. [setup]
class EmbeddedServer {
public:
    struct Options {
        /// Empty: `default_data_directory()`.
        std::filesystem::path data_directory;

        /// Hears one sentence about each thing that takes time or is out of the ordinary.
        std::function<void(std::string_view)> log = nullptr;

        /// Settings of PostgreSQL beyond the defaults; the operator's own file still wins. The
        /// initializer is for callers who leave it out among designated ones.
        // NOLINTNEXTLINE(readability-redundant-member-init)
        std::vector<std::pair<std::string, std::string>> settings = {};

        /// How long a start may take, recovery after a crash included.
        std::chrono::milliseconds start_limit = std::chrono::minutes(2);

        /// How long each way of stopping may take before the next, harder one.
        std::chrono::milliseconds stop_limit = std::chrono::seconds(10);
    };

    explicit EmbeddedServer(Options options);

    /// Stops the server if it still runs.
    ~EmbeddedServer();
    EmbeddedServer(const EmbeddedServer&) = delete;
    EmbeddedServer& operator=(const EmbeddedServer&) = delete;

    /// Returns when the database accepts connections: about half a second the first time, a few
    /// hundredths of a second later. Throws tenon::Exception: `conflict` when another host holds
    /// the directory, `unavailable` for everything that the operator must put right.
    void start();

    /// Shuts the server down in order and gives the directory back. May be called twice.
    void stop();

    /// True from `start` to `stop`, unless the server ended on its own.
    bool running() const;

    /// How to connect, for libpq. Requires `start`.
    const std::string& conninfo() const;

    /// Requires `start`.
    pid_t postmaster_pid() const;

    const std::filesystem::path& data_directory() const noexcept { return options_.data_directory; }

private:
    struct Running;

    void launch(Running& next, const Cluster& cluster) const;
    void say(const std::string& sentence) const;
    const Running& started() const;

    Options options_;
    std::unique_ptr<Running> running_;
};

}  // namespace tenon::database
