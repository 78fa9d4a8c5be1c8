#include "app/events/host_events.hpp"

#include "app/events/event_stream.hpp"
#include "foundation/error.hpp"
#include "messaging/channels.hpp"

#include <boost/asio/this_coro.hpp>

#include <optional>
#include <set>
#include <string>
#include <utility>

namespace tenon::app {
namespace {

messaging::EventFilter filter_of(const HttpRequest& request) {
    messaging::EventFilter filter{
        .pattern = EventPattern::parse(request.query_value("pattern").value_or("*")).value(),
        .namespace_name = std::string(request.query_value("namespace").value_or(""))
    };
    if (!filter.namespace_name.empty() && !is_namespace(filter.namespace_name)) {
        throw Exception(
            {ErrorCode::invalid_input,
             "'" + filter.namespace_name.substr(0, 80) +
                 "' is no namespace; give one such as orders, or leave it out for all"}
        );
    }
    return filter;
}

/// A browser sends it as a header when it connects again; a person may put it into the query.
std::optional<StreamPosition> position_of(const HttpRequest& request) {
    auto text = request.header("Last-Event-ID");
    if (!text) {
        text = request.query_value("last_event_id");
    }
    return text ? std::optional(parse_stream_position(*text).value()) : std::nullopt;
}

}  // namespace

HostEvents::HostEvents(
    database::ConnectionPool& pool,
    messaging::Bell& bell,
    BlockingPool& blocking
)
    : HostEvents(pool, bell, blocking, Options{}) {}

HostEvents::HostEvents(
    database::ConnectionPool& pool,
    messaging::Bell& bell,
    BlockingPool& blocking,
    Options options
)
    : options_(options),
      bell_(bell),
      blocking_(blocking),
      feed_(pool, options.feed),
      open_(std::make_shared<std::atomic<std::size_t>>(0)) {}

std::size_t HostEvents::publish(std::vector<DomainEvent> events) {
    std::set<std::string> namespaces;
    for (const auto& event : events) {
        if (event.mode == DeliveryMode::broadcast) {
            namespaces.insert(event.namespace_name);
        }
    }
    for (const auto& name : namespaces) {
        bell_.ring(messaging::channels::events, name);
    }
    return feed_.publish(std::move(events));
}

void HostEvents::heard(const database::Notification& notification) {
    if (notification.channel == messaging::channels::events) {
        feed_.ring();
    }
}

void HostEvents::add_routes(Router& router) {
    router.add(
        {.method = "GET",
         .pattern = "/v1/events",
         .access = Permission::events_read,
         .handler = [this](HttpRequest request) { return open_stream(std::move(request)); }}
    );
}

asio::awaitable<HttpResponse> HostEvents::open_stream(HttpRequest request) {
    auto filter = filter_of(request);
    auto position = position_of(request);
    const auto stream = std::make_shared<EventStream>(
        EventStream::Needs{
            .feed = feed_,
            .blocking = blocking_,
            .place = take_place(),
            .keep_alive = options_.keep_alive
        },
        co_await asio::this_coro::executor
    );
    co_await stream->open(std::move(filter), std::move(position));
    co_return HttpResponse{
        .content_type = "text/event-stream",
        .headers = {{"X-Accel-Buffering", "no"}},
        .source = stream
    };
}

std::shared_ptr<void> HostEvents::take_place() {
    auto& open = *open_;
    if (++open > options_.streams) {
        --open;
        throw Exception(
            {ErrorCode::unavailable,
             "all " + std::to_string(options_.streams) +
                 " streams of events of this host are taken; close one, or ask another host"}
        );
    }
    return {nullptr, [counter = open_](void*) { --*counter; }};
}

}  // namespace tenon::app
