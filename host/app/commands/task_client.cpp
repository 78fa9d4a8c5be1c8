#include "app/commands/task_client.hpp"

#include "foundation/error.hpp"
#include "foundation/json_slice.hpp"
#include "foundation/strong_id.hpp"

#include <cstdlib>
#include <functional>

namespace tenon::app {

namespace {

constexpr std::string_view default_url = "http://127.0.0.1:8080";
constexpr std::string_view unreachable_advice =
    "; start a host with 'tenon host', or name another with --url or TENON_URL";

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

/// From the environment only: arguments are there for everybody on the machine to read.
HttpFields credentials() {
    if (auto token = variable("TENON_TOKEN"); !token.empty()) {
        return {{"Authorization", "Bearer " + token}};
    }
    if (auto key = variable("TENON_API_KEY"); !key.empty()) {
        return {{"X-API-Key", std::move(key)}};
    }
    return {};
}

HttpClient connect(std::string url) {
    try {
        return HttpClient(
            {.url = url.empty() ? std::string(default_url) : std::move(url),
             .headers = credentials(),
             .ca_file = variable("TENON_CA_FILE")}
        );
    } catch (const Exception& failure) {
        throw CommandFailure(ExitCode::usage, failure.what());
    }
}

/// What the host says about its refusal, or at least its status.
std::string detail_of(const HttpReply& reply) {
    if (const auto problem = JsonSlice::parse(reply.body)) {
        const auto detail = problem->find("detail");
        if (const auto text = detail ? detail->string() : std::nullopt) {
            return *text;
        }
    }
    return "status " + std::to_string(reply.status) + " " +
           std::string(status_phrase(reply.status));
}

/// The body of a reply that is what was asked for.
std::string expect_success(const HttpClient& client, const std::function<HttpReply()>& request) {
    HttpReply reply;
    try {
        reply = request();
    } catch (const Exception& failure) {
        throw CommandFailure(
            ExitCode::unreachable, failure.what() + std::string(unreachable_advice)
        );
    }
    if (reply.status >= 500) {
        throw CommandFailure(
            ExitCode::host_error, "the host at " + client.url() + " failed: " + detail_of(reply)
        );
    }
    if (reply.status >= 300) {
        throw CommandFailure(ExitCode::refused, "the host refused: " + detail_of(reply));
    }
    return std::move(reply.body);
}

[[noreturn]] void fail_on_answer(const std::string& why) {
    throw CommandFailure(
        ExitCode::host_error, "the host answered what this version cannot read: " + why
    );
}

}  // namespace

TaskClient::TaskClient(std::string url) : client_(connect(std::move(url))) {}

std::string TaskClient::submit(std::string body) {
    return ask("POST", "/v1/tasks", std::move(body));
}

std::string TaskClient::ask(std::string_view method, std::string_view target, std::string body) {
    return expect_success(client_, [&] { return client_.send(method, target, std::move(body)); });
}

TaskView TaskClient::task(std::string_view task_uuid) {
    const auto target = "/v1/tasks/" + checked_uuid(std::string(task_uuid), "a task");
    auto task = parse_task_view(ask("GET", target));
    if (!task) {
        fail_on_answer(task.error().detail);
    }
    return *std::move(task);
}

std::string checked_uuid(const std::string& text, std::string_view of_what) {
    if (!is_uuid(text)) {
        throw CommandFailure(
            ExitCode::usage,
            "'" + text + "' is not the UUID of " + std::string(of_what) +
                "; it looks like 0192f0c1-7a5b-7c3d-8e9f-123456780000"
        );
    }
    return text;
}

std::string submitted_task(std::string_view answer) {
    const auto json = JsonSlice::parse(answer);
    const auto field = json ? json->find("task_uuid") : std::nullopt;
    const auto uuid = field ? field->string() : std::nullopt;
    if (!uuid || !is_uuid(*uuid)) {
        fail_on_answer("it has no task_uuid");
    }
    return *uuid;
}

bool is_duplicate(std::string_view answer) {
    const auto json = JsonSlice::parse(answer);
    const auto field = json ? json->find("duplicate") : std::nullopt;
    return field && field->compact() == "true";
}

}  // namespace tenon::app
