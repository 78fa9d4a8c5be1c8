#pragma once

#include "orchestration/commands/task_repair_command.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace tenon::orchestration {

namespace asio = boost::asio;

class StepRepairService;

/// Owns what operators do to steps by hand. [any-thread]
class TaskRepairActor {
public:
    explicit TaskRepairActor(StepRepairService& repairs) : repairs_(repairs) {}

    static std::string_view name() noexcept { return "TaskRepairActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    asio::awaitable<ResetStep::Reply> handle(ResetStep command);
    asio::awaitable<ResolveStep::Reply> handle(ResolveStep command);
    asio::awaitable<CompleteStep::Reply> handle(CompleteStep command);

private:
    StepRepairService& repairs_;
};

}  // namespace tenon::orchestration
