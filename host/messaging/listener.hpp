#pragma once

#include "database/notification_stream.hpp"
#include "foundation/runtime/circuit_breaker.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tenon::messaging {

/// Hears the bell on a thread and a connection of its own, and connects again when that breaks.
///
/// Silence is no proof of health: a proxy or a dead route may swallow notifications while the
/// connection seems to live. So it calls itself every few seconds, and takes a call that does not
/// come back for a broken connection.
///
/// The order on every connect is law: LISTEN, commit, then `connected`, in which the owner looks at
/// the queues once. So nothing that was announced while nobody listened is missed.
class Listener {
public:
    struct Observers {
        std::function<void()> connected;
        std::function<void(const database::Notification&)> heard;
        std::function<void()> lost{};       ///< Nothing is heard until `connected`; may be empty.
        CircuitBreaker* breaker = nullptr;  ///< Told of every try; outlives the listener, or none.
    };

    struct Rhythm {
        std::chrono::milliseconds call_every = std::chrono::seconds(5);
        std::chrono::milliseconds answer_within = std::chrono::seconds(2);
    };

    Listener(std::string conninfo, std::vector<std::string_view> channels, Observers observers);
    Listener(
        std::string conninfo,
        std::vector<std::string_view> channels,
        Observers observers,
        Rhythm rhythm
    );
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    /// False while only polling finds work. [any-thread]
    bool connected() const noexcept { return connected_; }

    void stop();

private:
    void run();
    void listen();
    void say_lost() const;
    void pause(std::chrono::milliseconds time) const;

    const std::string conninfo_;
    const std::vector<std::string_view> channels_;
    const Observers observers_;
    const Rhythm rhythm_;
    std::atomic<bool> connected_{false};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace tenon::messaging
