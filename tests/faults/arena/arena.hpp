#pragma once

#include "arena/kill_server.hpp"
#include "support/host_process.hpp"
#include "support/slow_workflows.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tenon::testing {

/// A host of an arena, restarted under the same name and database role as often as it is killed.
struct Fighter {
    std::string role;  ///< Of the host and of the database: "brain", "hands_1", "hands_2".
    Caller caller = Caller::hands;
    std::unique_ptr<HostProcess> process;
};

/// One orchestration host and two workers on a server that can be killed, with workflows for which
/// no number of kills is too many. Hosts are started and killed from the main thread only.
class Arena {
public:
    /// `profile`: "direct" or "queued".
    explicit Arena(std::string profile);

    KillServer& server() noexcept { return server_; }

    /// A session of the test itself; another one after `reconnect`.
    SqlSession& sql();

    void reconnect() { sql_.reset(); }

    SqlSession new_session() const { return SqlSession(server_.conninfo("tenon")); }

    Fighter& brain() noexcept { return fighters_.front(); }

    Fighter& hands(std::size_t number) { return fighters_.at(number); }

    /// The host whose connection that backend serves; nothing when it ended meanwhile.
    Fighter* host_of(int backend);

    /// Starts a host anew, without waiting for it. `fault`: the named point at which it kills
    /// itself.
    void start(Fighter& fighter, const std::string& fault = {});
    void start_all();

    /// Starts again what has ended by itself, as a host does that finds no server when it begins.
    /// True when every host is ready.
    bool revive();

    /// SIGKILL, and a new one in its place.
    void replace(Fighter& fighter);

    /// Where tasks can be posted now; empty while that host starts. [any-thread]
    std::string url() const;

    const SlowWorkflows& workflows() const noexcept { return slow_; }

    /// What every host logged last, for messages.
    std::string logs() const;

private:
    const std::string profile_;
    KillServer server_;
    SlowWorkflows slow_;
    TemporaryDirectory plugins_;
    TemporaryDirectory templates_;
    std::unique_ptr<SqlSession> sql_;
    std::vector<Fighter> fighters_;
    mutable std::mutex brain_mutex_;  // Trials ask for its URL while the main thread replaces it.
};

}  // namespace tenon::testing
