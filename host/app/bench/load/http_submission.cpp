#include "app/bench/load/http_submission.hpp"

#include "foundation/error.hpp"
#include "foundation/http/http_client.hpp"
#include "foundation/json_text.hpp"

#include <fmt/format.h>
#include <string_view>

namespace tenon::app {
namespace {

constexpr std::int32_t batch_tasks = 100;
constexpr unsigned overloaded = 503;
constexpr unsigned too_many = 429;

std::string request_of(const database::BenchRepository::Workload& workload) {
    const auto version =
        workload.version.empty() ? "" : R"(,"version":)" + json_quote(workload.version);
    return fmt::format(
        R"({{"namespace":{},"name":{}{},"context":{}}})",
        json_quote(workload.namespace_name),
        json_quote(workload.name),
        version,
        workload.context_json
    );
}

class HttpSubmitter : public Submitter {
public:
    HttpSubmitter(const std::string& url, TaskMix& mix, bool batch)
        : client_(HttpClient::Options{.url = url}), mix_(mix), batch_(batch) {}

    Submitted submit(std::int32_t count) override {
        std::string body;
        std::int64_t steps = 0;
        for (const auto& share : mix_.next(count)) {
            const auto& kind = mix_.kind(share.kind);
            for (std::int32_t i = 0; i < share.count; ++i) {
                body += (body.empty() ? "" : ",") + request_of(kind.workload);
            }
            steps += kind.steps * share.count;
        }
        const auto reply = batch_ ? client_.post("/v1/tasks:batch", '[' + body + ']')
                                  : client_.post("/v1/tasks", body);
        if (reply.status == overloaded || reply.status == too_many) {
            return {};
        }
        auto tasks = submitted_tasks(reply.body);
        if (reply.status >= 300 || static_cast<std::int32_t>(tasks.size()) != count) {
            throw Exception(
                {ErrorCode::unavailable,
                 fmt::format("the host answered a submission with {}: {}", reply.status, reply.body)
                }
            );
        }
        return {.tasks = std::move(tasks), .steps = steps};
    }

    std::int32_t most_per_call() const override { return batch_ ? batch_tasks : 1; }

private:
    HttpClient client_;
    TaskMix& mix_;
    const bool batch_;
};

}  // namespace

std::unique_ptr<Submitter> http_submitter(const std::string& url, TaskMix& mix, bool batch) {
    return std::make_unique<HttpSubmitter>(url, mix, batch);
}

std::vector<TaskId> submitted_tasks(const std::string& answer) {
    constexpr std::string_view field = "\"task_uuid\"";
    constexpr std::size_t uuid_length = 36;
    std::vector<TaskId> tasks;
    for (auto at = answer.find(field); at != std::string::npos; at = answer.find(field, at + 1)) {
        const auto quote = answer.find('"', at + field.size());
        if (quote == std::string::npos) {
            break;
        }
        if (const auto task =
                TaskId::from_text(std::string_view(answer).substr(quote + 1, uuid_length))) {
            tasks.push_back(*task);
        }
    }
    return tasks;
}

}  // namespace tenon::app
