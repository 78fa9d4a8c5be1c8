#pragma once

#include "orchestration/services/queue/queue_needs.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace tenon::orchestration {

/// Keeps the tables of the step path small and the history in order: moves what has ended to
/// history, makes periods ahead of time and drops those that nobody needs any longer. Every host
/// may do it at any time. [any-thread]
class MaintenanceService {
public:
    struct Options {
        std::chrono::hours keep{24 * 30};      ///< How long what is over stays.
        std::chrono::hours period{24};         ///< What one partition spans.
        std::chrono::minutes settled_for{10};  ///< How long what has ended stays where it ended.
    };

    MaintenanceService(const QueueNeeds& needs, const Options& options)
        : needs_(needs), options_(options) {}

    /// Returns a report, a JSON object.
    asio::awaitable<std::string> maintain();

    /// Walks over all tasks, a batch a commit; returns how many were moved.
    asio::awaitable<std::int64_t> archive();

private:
    const QueueNeeds needs_;
    const Options options_;
};

}  // namespace tenon::orchestration
