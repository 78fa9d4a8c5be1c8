#pragma once

#include "database/connection_pool.hpp"
#include "foundation/runtime/circuit_breaker.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace tenon::messaging {

/// Wakes other hosts that wait for work. [any-thread]
///
/// A ring is a NOTIFY in a transaction of its own, after the work it speaks of was committed:
/// inside a work transaction it would serialise the commits of the whole database. Rings for the
/// same channel and payload coalesce, and there is a pause of a millisecond between two
/// transactions. Rings that the database refuses are kept and tried again.
class Bell {
public:
    /// `breaker` is told of every transaction and outlives the bell; may be null.
    explicit Bell(database::ConnectionPool& pool, CircuitBreaker* breaker = nullptr);
    ~Bell();
    Bell(const Bell&) = delete;
    Bell& operator=(const Bell&) = delete;

    void ring(std::string_view channel, std::string_view payload);

    /// Without other hosts there is nobody to wake: rings are dropped. [any-thread]
    void set_muted(bool muted);

    /// A host that only polls rings for nobody: rings are dropped, whoever may be there.
    /// [any-thread]
    void set_enabled(bool enabled);

    void stop();

private:
    void run();

    database::ConnectionPool& pool_;
    CircuitBreaker* const breaker_;
    std::mutex mutex_;
    std::condition_variable rung_;
    std::set<std::pair<std::string, std::string>> pending_;
    bool muted_ = false;
    bool enabled_ = true;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tenon::messaging
