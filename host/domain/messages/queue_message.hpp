#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tenon {

/// A message as it was read from a queue: nothing about it is known to be true.
struct QueueMessage {
    std::int64_t id = 0;
    std::int32_t read_count = 0;  ///< How often somebody read it, this time included.
    std::string text;             ///< JSON, as `jsonb` wrote it.
};

/// A message that goes to the archive instead of being processed.
struct RefusedMessage {
    std::int64_t id = 0;
    std::string reason;
};

/// A batch of messages, each either understood or refused.
template <class Content>
struct QueuedBatch {
    struct Entry {
        std::int64_t id = 0;
        Content content;
    };

    std::vector<Entry> entries;
    std::vector<RefusedMessage> refused;
};

}  // namespace tenon
