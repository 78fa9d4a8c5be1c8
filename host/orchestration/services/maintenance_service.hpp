#pragma once

#include "orchestration/services/queue/queue_needs.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace tenon::orchestration {

/// Keeps the history in order: makes partitions ahead of time and drops those that nobody needs any
/// longer. Every host may do it at any time. [any-thread]
class MaintenanceService {
public:
    struct Options {
        std::chrono::hours keep{24 * 30};  ///< How long what is over stays.
        std::chrono::hours period{24};     ///< What one partition spans.
    };

    MaintenanceService(const QueueNeeds& needs, const Options& options)
        : needs_(needs), options_(options) {}

    /// Returns a report, a JSON object.
    asio::awaitable<std::string> maintain();

private:
    const QueueNeeds needs_;
    const Options options_;
};

}  // namespace tenon::orchestration
