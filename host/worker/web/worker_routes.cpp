#include "worker/web/worker_routes.hpp"

#include "foundation/error.hpp"
#include "worker/web/worker_body.hpp"
#include "worker/web/worker_json.hpp"

#include <string>
#include <utility>

namespace tenon::worker {
namespace {

/// The worker stays for as long as the answer takes.
using Commands = std::shared_ptr<WorkerCommandProcessor>;

asio::awaitable<HttpResponse> read_status(Commands commands, HttpRequest /*request*/) {
    const GetWorkerStatus query;
    co_return json_response(to_json(co_await commands->ask(query)));
}

asio::awaitable<HttpResponse> read_events(Commands commands, HttpRequest /*request*/) {
    co_return json_response(to_json(commands->ask_now(GetEventStatus{})));
}

asio::awaitable<HttpResponse> set_mode(Commands commands, HttpRequest request) {
    const SetEventIntegration command{.mode = parse_mode_body(request.body).value()};
    const auto before = co_await commands->ask(command);
    co_return json_response(
        R"({"mode":")" + std::string(to_string(command.mode)) + R"(","before":")" +
        std::string(to_string(before)) + "\"}"
    );
}

asio::awaitable<HttpResponse> list_templates(Commands commands, HttpRequest /*request*/) {
    co_return json_response(to_json(*commands->ask_now(GetTemplateReport{})));
}

asio::awaitable<HttpResponse> read_template(Commands commands, HttpRequest request) {
    GetTemplate query{
        .key =
            database::TemplateReference{
                .namespace_name = std::string(request.parameter("namespace")),
                .name = std::string(request.parameter("name")),
                .version = std::string(request.parameter("version"))
            }
    };
    const auto known = co_await commands->ask(std::move(query));
    co_return json_response(to_json(*known));
}

asio::awaitable<HttpResponse> refresh_templates(Commands commands, HttpRequest request) {
    RefreshTemplateCache command{.namespace_name = parse_refresh_body(request.body).value()};
    const auto refresh = co_await commands->ask(std::move(command));
    co_return json_response(to_json(refresh));
}

StepId step_parameter(const HttpRequest& request) {
    const std::string text(request.parameter("uuid"));
    const auto step = StepId::from_text(text);
    if (!step || step_no_of(*step) == 0) {
        throw Exception({ErrorCode::invalid_input, "'" + text + "' is not the UUID of a step"});
    }
    return *step;
}

/// Throws what a step that did not start means to its asker.
void check_started(const StartedStep& started) {
    const auto name = "step " + started.step.to_string();
    switch (started.start) {
        case StepStart::started: return;
        case StepStart::unknown: throw Exception({ErrorCode::not_found, "there is no " + name});
        case StepStart::not_waiting:
            throw Exception(
                {ErrorCode::conflict, name + " does not wait for a worker: it is " + started.state}
            );
        case StepStart::other_correlation:
            throw Exception(
                {ErrorCode::conflict, name + " belongs to a task with another correlation_id"}
            );
        case StepStart::left_to_others:
            throw Exception(
                {ErrorCode::conflict,
                 "this worker cannot run " + name +
                     ": not all callables of its template resolve here; GET /v1/worker/templates "
                     "says which"}
            );
        case StepStart::no_room: break;
    }
    throw Exception({ErrorCode::unavailable, "no handler slot is free for " + name});
}

asio::awaitable<HttpResponse> execute_step(Commands commands, HttpRequest request) {
    const auto step = step_parameter(request);
    const auto correlation = parse_execute_body(request.body).value();
    StartedStep started;
    if (correlation) {
        const ExecuteStepWithCorrelation command{.step = step, .correlation = *correlation};
        started = co_await commands->ask(command);
    } else {
        const ExecuteStep command{.step = step};
        started = co_await commands->ask(command);
    }
    check_started(started);
    co_return json_response(to_json(started));
}

Commands open(const WorkerDoor& door) {
    auto commands = door();
    if (!commands) {
        throw Exception(
            {ErrorCode::unavailable,
             "there is no worker at this moment: its host joins the fleet anew, or stops"}
        );
    }
    return commands;
}

}  // namespace

void add_worker_routes(Router& router, WorkerDoor door) {
    const auto add = [&](std::string method, std::string pattern, Access access, auto answer) {
        const std::string consumes = method == "PUT" ? "application/json" : "";
        router.add(
            {.method = std::move(method),
             .pattern = "/v1/worker" + pattern,
             .access = access,
             .handler = [door, answer](HttpRequest request
                        ) { return answer(open(door), std::move(request)); },
             .consumes = consumes}
        );
    };
    add("GET", "/status", Permission::worker_status_read, read_status);
    add("GET", "/events", Permission::worker_status_read, read_events);
    add("PUT", "/mode", Permission::worker_control, set_mode);
    add("GET", "/templates", Permission::worker_templates_read, list_templates);
    add("GET", "/templates/{namespace}/{name}", Permission::worker_templates_read, read_template);
    add("GET",
        "/templates/{namespace}/{name}/{version}",
        Permission::worker_templates_read,
        read_template);
    add("POST", "/templates/refresh", Permission::worker_control, refresh_templates);
    add("POST", "/steps/{uuid}/execute", Permission::worker_control, execute_step);
}

}  // namespace tenon::worker
