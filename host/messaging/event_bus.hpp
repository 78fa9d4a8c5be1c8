#pragma once

#include "domain/event/domain_event.hpp"
#include "domain/event/event_pattern.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace tenon::messaging {

/// Which events a subscriber wants, and how many may wait for it.
struct EventFilter {
    EventPattern pattern = EventPattern::parse("*").value();
    std::string namespace_name{};                        ///< Empty: of every namespace.
    std::size_t capacity = 1024;                         ///< Events, and
    std::size_t capacity_bytes = std::size_t{8} << 20U;  ///< bytes of their documents.

    bool wants(const DomainEvent& event) const noexcept {
        return (namespace_name.empty() || namespace_name == event.namespace_name) &&
               pattern.matches(event.name);
    }
};

/// Carries published events to the subscribers of this process. [any-thread]
///
/// Nobody who publishes waits for a subscriber: what has no room any more is dropped for that
/// subscriber alone, and counted. The bus must outlive its subscriptions.
class EventBus {
public:
    using Event = std::shared_ptr<const DomainEvent>;

    /// What arrived since the last look.
    struct Arrivals {
        std::vector<Event> events;
        std::uint64_t dropped = 0;  ///< Came in the meantime and found no room.
    };

    /// One subscriber's queue; ends with the object.
    class Subscription {
    public:
        /// `wake` is called when something waits after nothing did, on the publisher's thread: it
        /// must neither block nor throw, and may be called once more while the object ends.
        Subscription(EventBus& bus, EventFilter filter, std::function<void()> wake);
        ~Subscription();
        Subscription(const Subscription&) = delete;
        Subscription& operator=(const Subscription&) = delete;

        Arrivals take();

        const EventFilter& filter() const noexcept { return filter_; }

    private:
        friend class EventBus;

        bool offer(const Event& event);

        EventBus& bus_;
        const EventFilter filter_;
        const std::function<void()> wake_;
        std::mutex mutex_;
        Arrivals waiting_;
        std::size_t waiting_bytes_ = 0;
    };

    struct Statistics {
        std::uint64_t published = 0;
        std::uint64_t delivered = 0;  ///< Once for each subscriber that wanted it and had room.
        std::uint64_t dropped = 0;
        std::size_t subscribers = 0;
    };

    /// `watched` is told when the first subscriber comes and when the last has gone; may be empty.
    explicit EventBus(std::function<void(bool)> watched = {}) : on_watched_(std::move(watched)) {}

    EventBus(const EventBus&) = delete;
    EventBus& operator=(const EventBus&) = delete;

    /// Subscribes until the returned object ends.
    std::unique_ptr<Subscription> subscribe(EventFilter filter, std::function<void()> wake);

    /// Gives the event to everybody who wants it. Returns how many took it.
    std::size_t publish(DomainEvent event);

    /// True while anybody listens.
    bool watched() const noexcept { return subscribers_ > 0; }

    Statistics statistics() const;

private:
    void add(Subscription& subscription);
    void remove(Subscription& subscription);

    const std::function<void(bool)> on_watched_;
    mutable std::mutex mutex_;
    std::vector<Subscription*> subscriptions_;
    std::atomic<std::size_t> subscribers_{0};
    std::atomic<std::uint64_t> published_{0};
    std::atomic<std::uint64_t> delivered_{0};
    std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace tenon::messaging
