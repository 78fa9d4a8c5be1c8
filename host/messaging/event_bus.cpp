#include "messaging/event_bus.hpp"

#include <algorithm>
#include <utility>

namespace tenon::messaging {

EventBus::Subscription::Subscription(EventBus& bus, EventFilter filter, std::function<void()> wake)
    : bus_(bus), filter_(std::move(filter)), wake_(std::move(wake)) {
    bus_.add(*this);
}

EventBus::Subscription::~Subscription() {
    bus_.remove(*this);
}

EventBus::Arrivals EventBus::Subscription::take() {
    const std::scoped_lock lock(mutex_);
    waiting_bytes_ = 0;
    return std::exchange(waiting_, {});
}

/// False when there is no room for it.
bool EventBus::Subscription::offer(const Event& event) {
    bool first = false;
    {
        const std::scoped_lock lock(mutex_);
        first = waiting_.events.empty() && waiting_.dropped == 0;
        // One event is always taken, however large.
        const auto bytes = waiting_bytes_ + event->document_json.size();
        if (waiting_.events.size() >= filter_.capacity ||
            (bytes > filter_.capacity_bytes && !waiting_.events.empty())) {
            ++waiting_.dropped;
            return false;
        }
        waiting_bytes_ = bytes;
        waiting_.events.push_back(event);
    }
    if (first && wake_) {
        wake_();
    }
    return true;
}

std::unique_ptr<EventBus::Subscription> EventBus::subscribe(
    EventFilter filter,
    std::function<void()> wake
) {
    return std::make_unique<Subscription>(*this, std::move(filter), std::move(wake));
}

// Offers happen under the lock, so that a subscription that has ended is never offered anything.
std::size_t EventBus::publish(DomainEvent event) {
    ++published_;
    if (!watched()) {
        return 0;
    }
    const auto shared = std::make_shared<const DomainEvent>(std::move(event));
    std::size_t taken = 0;
    const std::scoped_lock lock(mutex_);
    for (auto* subscription : subscriptions_) {
        if (subscription->filter().wants(*shared)) {
            const bool room = subscription->offer(shared);
            taken += room ? 1 : 0;
            ++(room ? delivered_ : dropped_);
        }
    }
    return taken;
}

EventBus::Statistics EventBus::statistics() const {
    return {
        .published = published_,
        .delivered = delivered_,
        .dropped = dropped_,
        .subscribers = subscribers_
    };
}

void EventBus::add(Subscription& subscription) {
    const std::scoped_lock lock(mutex_);
    subscriptions_.push_back(&subscription);
    subscribers_ = subscriptions_.size();
    if (subscriptions_.size() == 1 && on_watched_) {
        on_watched_(true);
    }
}

void EventBus::remove(Subscription& subscription) {
    const std::scoped_lock lock(mutex_);
    std::erase(subscriptions_, &subscription);
    subscribers_ = subscriptions_.size();
    if (subscriptions_.empty() && on_watched_) {
        on_watched_(false);
    }
}

}  // namespace tenon::messaging
