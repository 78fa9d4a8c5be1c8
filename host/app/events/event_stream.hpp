#pragma once

#include "app/events/stream_position.hpp"
#include "foundation/http/http_body_source.hpp"
#include "foundation/runtime/blocking_pool.hpp"
#include "messaging/event_feed.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace tenon::app {

/// Events as they happen, in the format of server-sent events. First those that were on the queues
/// since the given position and still are, then what the feed brings. Where the peer is too slow,
/// events are dropped and it is told how many. [loop]
class EventStream final : public HttpBodySource, public std::enable_shared_from_this<EventStream> {
public:
    struct Needs {
        messaging::EventFeed& feed;
        BlockingPool& blocking;
        std::shared_ptr<void> place;  ///< Given back when the stream ends.
        std::chrono::milliseconds keep_alive{15'000};
    };

    /// `executor` is the strand of the connection.
    EventStream(Needs needs, const asio::any_io_executor& executor);

    /// Subscribes, and learns where the queues are. Throws when the database is away.
    asio::awaitable<void> open(
        messaging::EventFilter filter,
        std::optional<StreamPosition> resume_after
    );

    asio::awaitable<std::optional<std::string>> next() override;
    void close() override;

private:
    void wake();
    asio::awaitable<std::string> catch_up();
    std::string render(const messaging::EventBus::Arrivals& arrivals);
    void append(std::string& text, const DomainEvent& event);

    const Needs needs_;
    asio::steady_timer timer_;
    std::unique_ptr<messaging::EventBus::Subscription> subscription_;
    std::string opening_;
    StreamPosition position_;  ///< What the peer has, or does not want.
    StreamPosition behind_;    ///< Up to where it is still to be caught up.
    std::set<std::pair<std::string, std::int64_t>> caught_up_;  ///< The latest of those.
    bool news_ = false;
    bool closed_ = false;
};

}  // namespace tenon::app
