#pragma once

#include "domain/messages/batch_report.hpp"
#include "domain/messages/queue_message.hpp"
#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::orchestration {

/// What can be done with a batch of messages, each step in a commit of its own.
template <class Content>
struct BatchSteps {
    using Entries = std::vector<typename QueuedBatch<Content>::Entry>;

    std::string name;  ///< What the log calls it.
    std::function<BatchReport(const Entries&)> process;
    std::function<void(const std::vector<RefusedMessage>&)> archive;
};

namespace detail {

/// The whole batch; nothing when one of its messages spoils it.
template <class Content>
std::optional<BatchReport> process_together(
    const typename BatchSteps<Content>::Entries& entries,
    const BatchSteps<Content>& steps
) {
    std::string reason;
    try {
        return steps.process(entries);
    } catch (const Exception& error) {
        if (is_retryable(error.code())) {
            throw;
        }
        reason = error.what();
    } catch (const std::exception& error) {
        reason = error.what();
    }
    log::warning(steps.name, "a batch is tried message by message: " + reason);
    return std::nullopt;
}

/// One message on its own: nobody else can be to blame.
template <class Content>
BatchReport process_alone(
    const typename QueuedBatch<Content>::Entry& entry,
    const BatchSteps<Content>& steps
) {
    std::string reason;
    try {
        return steps.process({entry});
    } catch (const Exception& error) {
        if (is_retryable(error.code())) {
            throw;
        }
        reason = error.what();
    } catch (const std::exception& error) {
        const auto id = std::to_string(entry.id);
        log::error(steps.name, "message " + id + " stays on its queue: " + error.what());
        return {.left = 1};
    }
    steps.archive({{.id = entry.id, .reason = reason}});
    return {.archived = 1};
}

}  // namespace detail

/// Archives what was refused and processes the rest at once. When that throws, each message is
/// tried alone, so that a bad one blames only itself: it is archived when it can never succeed, and
/// stays on its queue when the fault may be ours. Blocks.
///
/// Throws what is retryable (`is_retryable`): then the database is to blame and the messages that
/// were not reached are still on their queue.
template <class Content>
BatchReport carry_out(const QueuedBatch<Content>& batch, const BatchSteps<Content>& steps) {
    BatchReport report;
    if (!batch.refused.empty()) {
        steps.archive(batch.refused);
        report.archived += batch.refused.size();
    }
    if (batch.entries.size() > 1) {
        if (const auto together = detail::process_together<Content>(batch.entries, steps)) {
            return report += *together;
        }
    }
    for (const auto& entry : batch.entries) {
        report += detail::process_alone<Content>(entry, steps);
    }
    return report;
}

}  // namespace tenon::orchestration
