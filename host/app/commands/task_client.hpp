#pragma once

#include "app/commands/task_console.hpp"
#include "app/terminal/task_view.hpp"
#include "foundation/http/http_client.hpp"

#include <string>
#include <string_view>

namespace tenon::app {

/// The task API of one host. Every call blocks and throws CommandFailure with the exit code and the
/// sentence that fit.
class TaskClient {
public:
    /// `url` empty: http://127.0.0.1:8080.
    explicit TaskClient(std::string url);

    /// Submits the body of `POST /v1/tasks` and returns the host's answer.
    std::string submit(std::string body);

    /// Sends any request and returns the host's answer.
    std::string ask(std::string_view method, std::string_view target, std::string body = {});

    /// The task as the host tells it now. `usage` when the text is not a UUID.
    TaskView task(std::string_view task_uuid);

private:
    HttpClient client_;
};

/// The text, when it is a UUID; otherwise throws CommandFailure (`usage`) that calls it so.
std::string checked_uuid(const std::string& text, std::string_view of_what);

/// The UUID in the host's answer to a submission.
std::string submitted_task(std::string_view answer);

/// True when the answer names the task of an earlier, equal submission.
bool is_duplicate(std::string_view answer);

}  // namespace tenon::app
