#pragma once

#include "database/reconnect_backoff.hpp"
#include "database/repositories/host_repository.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tenon::app {

/// Keeps this host alive in the eyes of the others, and looks after the ones that died.
///
/// One connection does all of it: it holds the presence lock, renews the lease every two seconds,
/// and between beats waits for the duty of rescue, which exactly one host of the fleet has. The
/// host on duty looks at all others twice a second; the moment it dies the next one has the duty.
///
/// A host whose own connection broke judges nobody for a while: the server that restarted dropped
/// the locks of everybody, and whoever lives takes his again.
class Presence {
public:
    struct Options {
        std::string conninfo;
        database::HostRepository::Registration registration;
    };

    /// Called on the presence thread.
    struct Observers {
        std::function<database::HostRepository::Beat()> snapshot;  ///< What the next beat reports.
        std::function<void(std::int64_t)> peers;                   ///< Number of other live hosts.
        std::function<void(const std::vector<std::string>&)> rescued;  ///< Namespaces to wake.
        std::function<void()> others_lost;                             ///< Hosts were found dead.
        std::function<void()> lost;  ///< This host was declared lost; the thread has ended.
    };

    /// Connects and registers the host. Throws when the database cannot be reached. [setup]
    explicit Presence(Options options);
    ~Presence();
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;

    HostId host_id() const noexcept { return host_id_; }

    /// Begins to beat. [setup]
    void start(Observers observers);

    /// Says goodbye. The steps of this host were given back before.
    void stop();

private:
    using Clock = std::chrono::steady_clock;

    void run();
    bool turn();
    void look_after_others();
    bool reconnect();
    bool pause(std::chrono::milliseconds delay);
    std::unique_ptr<database::HostRepository> connect() const;

    const Options options_;
    Observers observers_;
    std::unique_ptr<database::HostRepository> hosts_;
    HostId host_id_;
    bool on_duty_ = false;
    database::ReconnectBackoff backoff_;
    Clock::time_point next_beat_{};
    Clock::time_point judging_from_{};

    std::mutex mutex_;  // Guards `stopping_` and the connection while another thread interrupts it.
    std::condition_variable stopped_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tenon::app
