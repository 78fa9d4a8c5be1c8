#pragma once

#include "domain/messages/message_reader.hpp"
#include "domain/messages/queue_message.hpp"
#include "foundation/result.hpp"

#include <concepts>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

/// Turns one message into what it means, or says what is wrong with it.
template <class H>
concept Hydrator = requires(const H& hydrator, const QueueMessage& message) {
    typename H::Content;
    { hydrator.hydrate(message) } -> std::same_as<Result<typename H::Content>>;
};

/// Sorts a batch into what can be processed and what goes to the archive: malformed messages, and
/// those that were read so often that they must have harmed whoever read them.
template <Hydrator H>
QueuedBatch<typename H::Content> hydrate_batch(
    const std::vector<QueueMessage>& messages,
    const H& hydrator
) {
    QueuedBatch<typename H::Content> batch;
    for (const auto& message : messages) {
        if (message.read_count > reads_max) {
            batch.refused.push_back(
                {.id = message.id,
                 .reason = "read " + std::to_string(message.read_count) +
                           " times without being processed; at most " + std::to_string(reads_max) +
                           " are tried"}
            );
            continue;
        }
        auto content = hydrator.hydrate(message);
        if (content) {
            batch.entries.push_back({.id = message.id, .content = *std::move(content)});
        } else {
            batch.refused.push_back({.id = message.id, .reason = content.error().detail});
        }
    }
    return batch;
}

}  // namespace tenon
