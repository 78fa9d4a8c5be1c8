#pragma once

#include "database/repositories/step_repository.hpp"
#include "orchestration/services/queue/queue_needs.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::orchestration {

/// Steps that were put on their queues because their time had come.
struct EnqueuedSteps {
    std::int32_t count = 0;
    std::optional<std::chrono::milliseconds> next_in;  ///< Until the next one's time comes.
};

/// Puts steps on their queues that nobody else does: those whose timers ran out, and those that
/// lost their message or their timer. [any-thread]
class StepEnqueuingService {
public:
    /// Told the namespaces whose queues got steps, after the commit. [pool]
    using OnFed = std::function<void(const std::vector<std::string>&)>;

    StepEnqueuingService(const QueueNeeds& needs, database::StepRepository& steps, OnFed on_fed)
        : needs_(needs), steps_(steps), on_fed_(std::move(on_fed)) {}

    /// At most some hundred at once: `next_in` is 0 when there are more.
    asio::awaitable<EnqueuedSteps> release_due();

    /// A full scan: seldom. Returns how many namespaces had such steps.
    asio::awaitable<std::size_t> resume_stale();

private:
    const QueueNeeds needs_;
    database::StepRepository& steps_;
    const OnFed on_fed_;
};

}  // namespace tenon::orchestration
