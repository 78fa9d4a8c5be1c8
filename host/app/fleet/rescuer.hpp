#pragma once

#include "database/reconnect_backoff.hpp"
#include "database/repositories/host_repository.hpp"
#include "database/repositories/rescue_duty.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tenon::app {

/// Looks after hosts that die, while it has the duty of rescue, which exactly one host of the fleet
/// has. All others wait for it: the moment its holder dies, the next one has it.
///
/// Waiting takes one connection and no statement but the wait itself. The host on duty looks at all
/// others twice a second, over a second connection.
///
/// A host whose own connection broke judges nobody for a while: the server that restarted dropped
/// the locks of everybody, and whoever lives takes his again.
class Rescuer {
public:
    /// Called on the rescuer's thread.
    struct Observers {
        std::function<void(const std::vector<std::string>&)> rescued;  ///< Namespaces to wake.
        std::function<void()> others_lost;                             ///< Hosts were found dead.
    };

    Rescuer(std::string conninfo, HostId host, Observers observers);
    ~Rescuer();
    Rescuer(const Rescuer&) = delete;
    Rescuer& operator=(const Rescuer&) = delete;

    /// Gives the duty to the next one.
    void stop();

private:
    using Clock = std::chrono::steady_clock;

    void run();
    bool serve();
    bool connect();
    bool await_duty();
    void look_after_others(database::HostRepository& hosts);
    bool pause(std::chrono::milliseconds delay);
    std::unique_ptr<database::HostRepository> join() const;

    const std::string conninfo_;
    const HostId host_;
    const Observers observers_;
    database::ReconnectBackoff backoff_;
    Clock::time_point judging_from_{};

    std::mutex mutex_;  // Guards `stopping_` and the wait that another thread interrupts.
    std::condition_variable stopped_;
    bool stopping_ = false;
    std::unique_ptr<database::RescueDuty> duty_;
    std::thread thread_;
};

}  // namespace tenon::app
