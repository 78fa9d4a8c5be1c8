#pragma once

#include "orchestration/commands/step_result_command.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace tenon::orchestration {

namespace asio = boost::asio;

class QueueReadingService;
class ResultProcessingService;

/// Owns what came of steps, for workers that do not settle them themselves. [any-thread]
class ResultProcessorActor {
public:
    /// Both must outlive the actor.
    ResultProcessorActor(ResultProcessingService& processing, QueueReadingService& reading)
        : processing_(processing), reading_(reading) {}

    static std::string_view name() noexcept { return "ResultProcessorActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    asio::awaitable<BatchReport> handle(ProcessStepResult command);
    asio::awaitable<BatchReport> handle(ProcessStepResultFromMessage command);
    asio::awaitable<BatchReport> handle(ProcessStepResultFromEvent command);

private:
    ResultProcessingService& processing_;
    QueueReadingService& reading_;
};

}  // namespace tenon::orchestration
