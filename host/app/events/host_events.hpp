#pragma once

#include "database/connection_pool.hpp"
#include "database/notification_stream.hpp"
#include "foundation/http/router.hpp"
#include "foundation/runtime/blocking_pool.hpp"
#include "messaging/bell.hpp"
#include "messaging/event_feed.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace tenon::app {

/// The domain events of this host, wired: its feed, its bell for others, and `GET /v1/events`.
class HostEvents {
public:
    struct Options {
        std::size_t streams = 64;  ///< Open at a time.
        std::chrono::milliseconds keep_alive{15'000};
        messaging::EventFeed::Options feed{};
    };

    /// `blocking` must outlive the HTTP server that the routes are added to.
    HostEvents(database::ConnectionPool& pool, messaging::Bell& bell, BlockingPool& blocking);
    HostEvents(
        database::ConnectionPool& pool,
        messaging::Bell& bell,
        BlockingPool& blocking,
        Options options
    );

    messaging::EventFeed& feed() noexcept { return feed_; }

    /// Events of steps that this host settled: to its own subscribers, and to those of others.
    /// Returns how many found a subscriber here. [any-thread]
    std::size_t publish(std::vector<DomainEvent> events);

    /// Another host may have published events. [any-thread]
    void heard(const database::Notification& notification);

    /// Adds `GET /v1/events`. [setup]
    void add_routes(Router& router);

private:
    asio::awaitable<HttpResponse> open_stream(HttpRequest request);
    std::shared_ptr<void> take_place();

    const Options options_;
    messaging::Bell& bell_;
    BlockingPool& blocking_;
    messaging::EventFeed feed_;
    const std::shared_ptr<std::atomic<std::size_t>> open_;  ///< Streams may outlive this.
};

}  // namespace tenon::app
