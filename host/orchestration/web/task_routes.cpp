#include "orchestration/web/task_routes.hpp"

#include "foundation/error.hpp"
#include "orchestration/hydration/task_request_fields.hpp"

#include <utility>

namespace tenon::orchestration {

namespace {

asio::awaitable<HttpResponse> create_task(CommandProcessor& commands, HttpRequest request) {
    InitializeTask command{.request = parse_task_request(request.body).value()};
    const auto receipt = co_await commands.ask(std::move(command));
    const auto task = receipt.task.to_string();
    HttpResponse response{.status = receipt.created ? 201U : 200U};
    response.headers.emplace_back("Location", "/v1/tasks/" + task);
    response.body = R"({"task_uuid":")" + task + R"(","status":")" +
                    std::string(to_string(receipt.state)) + '"' +
                    (receipt.created ? "" : R"(,"duplicate":true)") + "}\n";
    co_return response;
}

asio::awaitable<HttpResponse> read_task(CommandProcessor& commands, HttpRequest request) {
    const std::string text(request.parameter("uuid"));
    const auto task = TaskId::from_text(text);
    if (!task) {
        throw Exception({ErrorCode::invalid_input, "'" + text + "' is not the UUID of a task"});
    }
    const GetTask query{.task = *task};
    auto document = co_await commands.ask(query);
    if (!document) {
        throw Exception({ErrorCode::not_found, "there is no task " + text});
    }
    HttpResponse response;
    response.body = std::move(*document);
    response.body += '\n';
    co_return response;
}

}  // namespace

void add_task_routes(Router& router, CommandProcessor& commands) {
    const auto create = [&commands](HttpRequest request) {
        return create_task(commands, std::move(request));
    };
    const auto read = [&commands](HttpRequest request) {
        return read_task(commands, std::move(request));
    };
    router.add(
        {.method = "POST", .pattern = "/v1/tasks", .handler = create, .consumes = "application/json"
        }
    );
    router.add({.method = "GET", .pattern = "/v1/tasks/{uuid}", .handler = read});
}

}  // namespace tenon::orchestration
