#include "orchestration/web/task_routes.hpp"

#include "foundation/error.hpp"
#include "foundation/json_slice.hpp"
#include "orchestration/hydration/task_request_fields.hpp"
#include "orchestration/web/operation_body.hpp"
#include "orchestration/web/path_parameters.hpp"
#include "orchestration/web/task_request_body.hpp"

#include <algorithm>
#include <utility>

namespace tenon::orchestration {

namespace {

constexpr JsonLimits document_limits{
    .max_bytes = std::size_t{256} * 1024 * 1024,
    .max_depth = 1024
};

std::string receipt_json(const TaskReceipt& receipt) {
    return R"({"task_uuid":")" + receipt.task.to_string() + R"(","status":")" +
           std::string(to_string(receipt.state)) + '"' +
           (receipt.created ? "" : R"(,"duplicate":true)") + "}";
}

asio::awaitable<HttpResponse> create_task(CommandProcessor& commands, HttpRequest request) {
    InitializeTask command{.request = parse_task_request(request.body).value()};
    const auto receipt = co_await commands.ask(std::move(command));
    auto response = json_response(receipt_json(receipt));
    response.status = receipt.created ? 201 : 200;
    response.headers.emplace_back("Location", "/v1/tasks/" + receipt.task.to_string());
    co_return response;
}

asio::awaitable<HttpResponse> create_tasks(CommandProcessor& commands, HttpRequest request) {
    InitializeTasks command{.requests = parse_task_requests(request.body).value()};
    const auto receipts = co_await commands.ask(std::move(command));
    std::string tasks;
    for (const auto& receipt : receipts) {
        tasks += (tasks.empty() ? "" : ",") + receipt_json(receipt);
    }
    const auto created = std::ranges::count_if(receipts, &TaskReceipt::created);
    auto response =
        json_response(R"({"created":)" + std::to_string(created) + R"(,"tasks":[)" + tasks + "]}");
    response.status = created > 0 ? 201 : 200;
    co_return response;
}

/// The document with null in place of the context, which not everybody may see.
std::string without_context(const std::string& document) {
    const auto context = JsonSlice::parse(document, document_limits).value().find("context");
    if (!context) {
        return document;
    }
    const auto begin = static_cast<std::size_t>(context->raw().data() - document.data());
    return document.substr(0, begin) + "null" + document.substr(begin + context->raw().size());
}

asio::awaitable<HttpResponse> read_task(CommandProcessor& commands, HttpRequest request) {
    const GetTask query{.task = task_parameter(request)};
    auto document = co_await commands.ask(query);
    if (!document) {
        throw Exception({ErrorCode::not_found, "there is no task " + query.task.to_string()});
    }
    if (!request.caller.grants.allow(Permission::tasks_context_read)) {
        co_return json_response(without_context(*document));
    }
    co_return json_response(*std::move(document));
}

asio::awaitable<HttpResponse> cancel_task(CommandProcessor& commands, HttpRequest request) {
    const auto task = task_parameter(request);
    CancelTask command{task, parse_intervention(request.body).value()};
    const auto cancelled = co_await commands.ask(std::move(command));
    const auto name = task.to_string();
    if (cancelled.outcome == "unknown") {
        throw Exception({ErrorCode::not_found, "there is no task " + name});
    }
    if (cancelled.outcome != to_string(TaskState::cancelled)) {
        throw Exception(
            {ErrorCode::conflict,
             "task " + name + " cannot be cancelled: it has ended as " + cancelled.outcome}
        );
    }
    co_return json_response(
        R"({"task_uuid":")" + name + R"(","status":"cancelled","running_steps":)" +
        std::to_string(cancelled.running) + "}"
    );
}

}  // namespace

void add_task_routes(Router& router, CommandProcessor& commands) {
    const auto add = [&](std::string method, std::string pattern, Access access, auto answer) {
        const std::string consumes = method == "POST" ? "application/json" : "";
        router.add(
            {.method = std::move(method),
             .pattern = std::move(pattern),
             .access = access,
             .handler = [&commands, answer](HttpRequest request
                        ) { return answer(commands, std::move(request)); },
             .consumes = consumes}
        );
    };
    add("POST", "/v1/tasks", Permission::tasks_create, create_task);
    add("POST", "/v1/tasks:batch", Permission::tasks_create, create_tasks);
    add("GET", "/v1/tasks/{uuid}", Permission::tasks_read, read_task);
    add("DELETE", "/v1/tasks/{uuid}", Permission::tasks_cancel, cancel_task);
}

}  // namespace tenon::orchestration
