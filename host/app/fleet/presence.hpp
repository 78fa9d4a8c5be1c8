#pragma once

#include "app/fleet/rescuer.hpp"
#include "database/reconnect_backoff.hpp"
#include "database/repositories/host_repository.hpp"
#include "foundation/runtime/circuit_breaker.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tenon::app {

/// Keeps this host alive in the eyes of the others: its connection holds the presence lock and
/// renews the lease every 2.5 s. Beside it the host waits for the duty of rescue.
class Presence {
public:
    struct Options {
        std::string conninfo;
        database::HostRepository::Registration registration;
        CircuitBreaker* breaker = nullptr;  ///< Told of every beat; outlives presence, or none.
    };

    /// Called on the threads of presence and rescue.
    struct Observers {
        std::function<database::HostRepository::Beat()> snapshot;  ///< What the next beat reports.
        std::function<void(std::int64_t)> peers;                   ///< Number of other live hosts.
        std::function<void(const std::vector<std::string>&)> rescued;  ///< Namespaces to wake.
        std::function<void()> others_lost;                             ///< Hosts were found dead.
        std::function<void()> lost;  ///< This host was declared lost; it beats no more.
    };

    /// Connects and registers the host. Throws when the database cannot be reached. [setup]
    explicit Presence(Options options);
    ~Presence();
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;

    HostId host_id() const noexcept { return host_id_; }

    /// Begins to beat. [setup]
    void start(Observers observers);

    /// These builds are active from now on: written down beside the host as soon as the database
    /// takes it, so that its steps can be told by them. [any-thread]
    void record(std::vector<database::HostRepository::ActiveBuild> builds);

    /// Says goodbye. The steps of this host were given back before.
    void stop();

private:
    using Clock = std::chrono::steady_clock;

    void run();
    bool beat();
    void look_at(const database::HostRepository::Others& others);
    bool reconnect();
    void went_wrong(const std::exception& error) const;
    bool pause(std::chrono::milliseconds delay);
    bool pause_until_beat();
    void write_down_builds();
    std::unique_ptr<database::HostRepository> connect() const;

    const Options options_;
    Observers observers_;
    std::unique_ptr<database::HostRepository> hosts_;
    HostId host_id_;
    database::ReconnectBackoff backoff_;
    Clock::time_point next_beat_{};

    std::mutex mutex_;  // Guards what follows, and the connection while it may be interrupted.
    std::condition_variable stopped_;
    bool stopping_ = false;
    std::vector<database::HostRepository::ActiveBuild> builds_;  // Not written down yet.
    std::thread thread_;
    std::unique_ptr<Rescuer> rescuer_;
};

}  // namespace tenon::app
