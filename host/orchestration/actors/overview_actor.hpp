#pragma once

#include "orchestration/commands/overview_command.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace tenon::orchestration {

namespace asio = boost::asio;

class OverviewService;

/// Answers what people ask about all tasks and hosts. It changes nothing. [any-thread]
class OverviewActor {
public:
    explicit OverviewActor(OverviewService& overview) : overview_(overview) {}

    static std::string_view name() noexcept { return "OverviewActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    asio::awaitable<ListTasks::Reply> handle(ListTasks query);
    asio::awaitable<GetTaskSummary::Reply> handle(GetTaskSummary query);
    asio::awaitable<ListHosts::Reply> handle(ListHosts query);
    asio::awaitable<GetPerformance::Reply> handle(GetPerformance query);
    asio::awaitable<ListBottlenecks::Reply> handle(ListBottlenecks query);

private:
    OverviewService& overview_;
};

}  // namespace tenon::orchestration
