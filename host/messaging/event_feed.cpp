#include "messaging/event_feed.hpp"

#include "foundation/telemetry/log.hpp"

#include <exception>
#include <utility>

namespace tenon::messaging {
namespace {

constexpr std::string_view component = "events";
constexpr std::int32_t page = 500;

}  // namespace

EventFeed::EventFeed(database::ConnectionPool& pool) : EventFeed(pool, Options{}) {}

EventFeed::EventFeed(database::ConnectionPool& pool, Options options)
    : options_(options),
      repository_(pool),
      bus_([this](bool watched) {
          {
              const std::scoped_lock lock(mutex_);
              watched_ = watched;
          }
          news_.notify_all();
      }),
      thread_([this] { run(); }) {}

EventFeed::~EventFeed() {
    stop();
}

void EventFeed::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    news_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

std::size_t EventFeed::publish(std::vector<DomainEvent> events) {
    std::size_t found = 0;
    for (auto& event : events) {
        if (meet(event)) {
            found += bus_.publish(std::move(event)) > 0 ? 1 : 0;
        }
    }
    return found;
}

void EventFeed::ring() {
    {
        const std::scoped_lock lock(mutex_);
        rung_ = watched_;
    }
    news_.notify_all();
}

database::EventQueueRepository::Queues EventFeed::follow() {
    const auto queues = repository_.queues();
    const std::scoped_lock lock(mutex_);
    if (!following_) {
        following_ = true;
        for (const auto& [name, newest] : queues) {
            positions_.emplace(name, newest);
        }
    }
    database::EventQueueRepository::Queues from;
    for (const auto& [name, position] : positions_) {
        from.emplace(name, position.newest());
    }
    return from;
}

void EventFeed::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (!watched_) {
            following_ = false;
            positions_.clear();
            news_.wait(lock, [this] { return stopping_ || watched_; });
            continue;
        }
        rung_ = false;
        lock.unlock();
        bool more = false;
        try {
            more = look();
        } catch (const std::exception& error) {
            log::warning(component, error.what());
        }
        lock.lock();
        if (!more) {
            news_.wait_for(lock, options_.poll, [this] { return stopping_ || rung_ || !watched_; });
        }
    }
}

/// True when there may be more to read at once.
bool EventFeed::look() {
    {
        const std::scoped_lock lock(mutex_);
        if (!following_) {
            return false;
        }
    }
    bool more = false;
    for (const auto& [name, newest] : repository_.queues()) {
        more = read_queue(name, newest) || more;
    }
    return more;
}

bool EventFeed::read_queue(const std::string& name, std::int64_t newest) {
    database::EventQueueRepository::Range range{
        .namespace_name = name, .after = 0, .missing = {}, .limit = page
    };
    {
        // A queue that is met only now is read from its beginning: it is new.
        const std::scoped_lock lock(mutex_);
        auto& position = positions_.try_emplace(name, 0).first->second;
        range.after = position.newest();
        range.missing = position.missing(QueuePosition::Clock::now());
    }
    if (newest <= range.after && range.missing.empty()) {
        return false;
    }
    auto events = repository_.peek(range);
    const bool full = events.size() >= static_cast<std::size_t>(page);
    publish(std::move(events));
    return full;
}

/// Whether the subscribers have not had it yet.
bool EventFeed::meet(const DomainEvent& event) {
    if (event.message == 0) {
        return true;
    }
    const std::scoped_lock lock(mutex_);
    if (!following_) {
        return true;
    }
    auto& position = positions_.try_emplace(event.namespace_name, 0).first->second;
    return position.meet(event.message, QueuePosition::Clock::now());
}

}  // namespace tenon::messaging
