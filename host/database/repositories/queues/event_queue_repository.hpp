#pragma once

#include "database/connection_pool.hpp"
#include "domain/event/domain_event.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tenon::database {

/// The queues of domain events, read without taking anything: they belong to their consumers. Its
/// calls block. [any-thread]
class EventQueueRepository {
public:
    /// Namespaces that have a queue of events, and the number of the newest event ever sent to it.
    using Queues = std::map<std::string, std::int64_t>;

    /// What to read of one queue.
    struct Range {
        std::string namespace_name;
        std::int64_t after = 0;
        std::vector<std::int64_t> missing;  ///< Lower numbers to look for again.
        std::int32_t limit = 500;
    };

    explicit EventQueueRepository(ConnectionPool& pool) : pool_(pool) {}

    Queues queues();

    /// Events that are still there, in the order of their numbers.
    std::vector<DomainEvent> peek(const Range& range);

private:
    ConnectionPool& pool_;
};

}  // namespace tenon::database
