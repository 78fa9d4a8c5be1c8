#include "orchestration/web/step_routes.hpp"

#include "foundation/error.hpp"
#include "orchestration/web/operation_body.hpp"
#include "orchestration/web/path_parameters.hpp"

#include <optional>
#include <utility>

namespace tenon::orchestration {

namespace {

asio::awaitable<HttpResponse> read_steps(CommandProcessor& commands, HttpRequest request) {
    const GetSteps query{.task = task_parameter(request)};
    auto steps = co_await commands.ask(query);
    if (!steps) {
        throw Exception({ErrorCode::not_found, "there is no task " + query.task.to_string()});
    }
    co_return json_response(*std::move(steps));
}

asio::awaitable<HttpResponse> read_step(CommandProcessor& commands, HttpRequest request) {
    const GetStep query{.step = step_parameter(request)};
    auto step = co_await commands.ask(query);
    if (!step) {
        no_such_step(query.step);
    }
    co_return json_response(*std::move(step));
}

asio::awaitable<HttpResponse> read_audit(CommandProcessor& commands, HttpRequest request) {
    const GetStepAudit query{.step = step_parameter(request)};
    auto audit = co_await commands.ask(query);
    if (!audit) {
        no_such_step(query.step);
    }
    co_return json_response(*std::move(audit));
}

/// Asks for what the body wants of the step.
asio::awaitable<std::optional<RepairedStep>> ask_for_repair(
    CommandProcessor& commands,
    StepReference step,
    StepRepairBody wanted
) {
    switch (wanted.action) {
        case StepAction::reset_for_retry: {
            ResetStep command{std::move(step), std::move(wanted.intervention)};
            return commands.ask(std::move(command));
        }
        case StepAction::resolve_manually: {
            ResolveStep command{std::move(step), std::move(wanted.intervention)};
            return commands.ask(std::move(command));
        }
        case StepAction::complete_manually: break;
    }
    CompleteStep command{
        std::move(step), std::move(wanted.result_json), std::move(wanted.intervention)
    };
    return commands.ask(std::move(command));
}

asio::awaitable<HttpResponse> repair_step(CommandProcessor& commands, HttpRequest request) {
    const auto step = step_parameter(request);
    const auto wanted = parse_step_repair(request.body).value();
    const auto repaired = co_await ask_for_repair(commands, step, wanted);
    if (!repaired) {
        no_such_step(step);
    }
    co_return json_response(
        R"({"task_uuid":")" + step.task.to_string() + R"(","step_uuid":")" +
        repaired->step.to_string() + R"(","action_type":")" +
        std::string(to_string(wanted.action)) + R"(","task_status":")" +
        std::string(to_string(repaired->task_state)) + "\"}"
    );
}

}  // namespace

void add_step_routes(Router& router, CommandProcessor& commands) {
    const auto add = [&](std::string method, std::string pattern, Access access, auto answer) {
        const std::string consumes = method == "PATCH" ? "application/json" : "";
        router.add(
            {.method = std::move(method),
             .pattern = "/v1/tasks/{uuid}/workflow_steps" + pattern,
             .access = access,
             .handler = [&commands, answer](HttpRequest request
                        ) { return answer(commands, std::move(request)); },
             .consumes = consumes}
        );
    };
    add("GET", "", Permission::steps_read, read_steps);
    add("GET", "/{step}", Permission::steps_read, read_step);
    add("PATCH", "/{step}", Permission::steps_resolve, repair_step);
    add("GET", "/{step}/audit", Permission::steps_read, read_audit);
}

}  // namespace tenon::orchestration
