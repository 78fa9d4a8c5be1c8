#pragma once

#include "orchestration/commands/finalization_command.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace tenon::orchestration {

namespace asio = boost::asio;

class FinalizationService;
class MaintenanceService;
class QueueReadingService;

/// Owns the end of tasks, and the history that they become. [any-thread]
class TaskFinalizerActor {
public:
    /// All must outlive the actor.
    TaskFinalizerActor(
        FinalizationService& finalization,
        MaintenanceService& maintenance,
        QueueReadingService& reading
    )
        : finalization_(finalization), maintenance_(maintenance), reading_(reading) {}

    static std::string_view name() noexcept { return "TaskFinalizerActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    asio::awaitable<BatchReport> handle(FinalizeTask command);
    asio::awaitable<BatchReport> handle(FinalizeTaskFromMessage command);
    asio::awaitable<BatchReport> handle(FinalizeTaskFromEvent command);
    asio::awaitable<std::int64_t> handle(ArchiveTasks command);
    asio::awaitable<std::string> handle(MaintainHistory command);

private:
    FinalizationService& finalization_;
    MaintenanceService& maintenance_;
    QueueReadingService& reading_;
};

}  // namespace tenon::orchestration
