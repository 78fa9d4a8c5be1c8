#pragma once

#include "database/connection_pool.hpp"
#include "database/repositories/queues/event_queue_repository.hpp"
#include "domain/event/queue_position.hpp"
#include "messaging/event_bus.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tenon::messaging {

/// All that reaches the subscribers of this process: what this process published, and what it finds
/// on the queues of events, where other hosts put theirs. Each event reaches a subscriber once.
/// [any-thread]
///
/// The queues are read, never emptied, on a thread of its own and only while somebody subscribes:
/// at once when `ring` says that there is news, and otherwise by the clock. Without subscribers
/// nothing of it costs anything.
class EventFeed {
public:
    struct Options {
        std::chrono::milliseconds poll{500};  ///< How often to look without a ring.
    };

    explicit EventFeed(database::ConnectionPool& pool);
    EventFeed(database::ConnectionPool& pool, Options options);
    ~EventFeed();
    EventFeed(const EventFeed&) = delete;
    EventFeed& operator=(const EventFeed&) = delete;

    EventBus& bus() noexcept { return bus_; }

    /// Events of steps that this process settled. Returns how many found a subscriber.
    std::size_t publish(std::vector<DomainEvent> events);

    /// Another host says that there are new events. Ignored without subscribers.
    void ring();

    /// Begins to follow the queues, unless they are followed already, and tells from where on: what
    /// is newer reaches whoever subscribed before. Who never asks is told of what this process
    /// publishes, and of the queues only while others ask. May throw. [pool]
    database::EventQueueRepository::Queues follow();

    /// Events on a queue that are still there; for subscribers that were away. May throw. [pool]
    std::vector<DomainEvent> peek(const database::EventQueueRepository::Range& range) {
        return repository_.peek(range);
    }

    void stop();

private:
    using Positions = std::map<std::string, QueuePosition>;

    void run();
    bool look();
    bool read_queue(const std::string& name, std::int64_t newest);
    bool meet(const DomainEvent& event);

    const Options options_;
    database::EventQueueRepository repository_;
    std::mutex mutex_;
    std::condition_variable news_;
    bool watched_ = false;
    bool rung_ = false;
    bool stopping_ = false;
    bool following_ = false;  ///< The positions are valid.
    Positions positions_;
    EventBus bus_;
    std::thread thread_;
};

}  // namespace tenon::messaging
