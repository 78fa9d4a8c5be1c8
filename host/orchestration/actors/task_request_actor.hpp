#pragma once

#include "orchestration/commands/task_request_command.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace tenon::orchestration {

namespace asio = boost::asio;

class TaskInitializationService;
class TaskQueryService;

/// Owns what people ask about tasks from outside: that one begins, and how one is. [any-thread]
class TaskRequestActor {
public:
    TaskRequestActor(TaskInitializationService& initialization, TaskQueryService& query)
        : initialization_(initialization), query_(query) {}

    static std::string_view name() noexcept { return "TaskRequestActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    asio::awaitable<InitializeTask::Reply> handle(InitializeTask command);
    asio::awaitable<GetTask::Reply> handle(GetTask query);

private:
    TaskInitializationService& initialization_;
    TaskQueryService& query_;
};

}  // namespace tenon::orchestration
