#pragma once

#include "orchestration/commands/orchestration_command.hpp"

#include <boost/asio/awaitable.hpp>

namespace tenon::orchestration {

namespace asio = boost::asio;

class TaskInitializationService;
class TaskQueryService;

/// Owns what people ask about tasks from outside: that one begins, and how one is. [any-thread]
class TaskRequestActor {
public:
    TaskRequestActor(TaskInitializationService& initialization, TaskQueryService& query)
        : initialization_(initialization), query_(query) {}

    asio::awaitable<InitializeTask::Reply> handle(InitializeTask command);
    asio::awaitable<GetTask::Reply> handle(GetTask query);

private:
    TaskInitializationService& initialization_;
    TaskQueryService& query_;
};

}  // namespace tenon::orchestration
