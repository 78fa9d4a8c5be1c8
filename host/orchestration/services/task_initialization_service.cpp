#include "orchestration/services/task_initialization_service.hpp"

#include "foundation/fault_point.hpp"
#include "foundation/telemetry/log.hpp"
#include "messaging/queue_names.hpp"
#include "orchestration/services/queue/batch_steps.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace tenon::orchestration {
namespace {

constexpr std::string_view component = "task requests";

}  // namespace

asio::awaitable<TaskReceipt> TaskInitializationService::initialize(TaskRequest request) {
    const auto work = [this, request = std::move(request)] { return submit(request); };
    co_return co_await direct_.run(work);
}

asio::awaitable<BatchReport> TaskInitializationService::initialize(QueuedBatch<TaskRequest> batch) {
    const BatchSteps<TaskRequest> steps{
        .name = std::string(component),
        .process = [this](const auto& entries) { return process(entries); },
        .archive =
            [this](const auto& refused) {
                needs_.queues.archive(messaging::task_requests_queue, refused);
                log::warning(component, refused.front().reason);
            }
    };
    const auto work = [steps, batch = std::move(batch)] { return carry_out(batch, steps); };
    co_return co_await needs_.pool.run(work);
}

TaskReceipt TaskInitializationService::submit(const TaskRequest& request) {
    fault_point("submission.begun");
    if (observers_.start) {
        if (const auto receipt = observers_.start(request)) {
            fault_point("submission.committed");
            return *receipt;
        }
    }
    const auto receipt = tasks_.submit(request);
    fault_point("submission.committed");
    if (receipt.created) {
        observers_.fed({request.namespace_name});
    }
    return receipt;
}

BatchReport TaskInitializationService::process(
    const database::OrchestrationRepository::TaskRequests& requests
) {
    BatchReport report;
    std::vector<std::string> fed;
    fault_point("task_requests.read");
    const auto outcomes = needs_.repository.process_task_requests(needs_.host, requests);
    fault_point("task_requests.processed");
    for (const auto& outcome : outcomes) {
        if (!outcome.receipt) {
            log::warning(component, outcome.refusal);
            ++report.archived;
            continue;
        }
        ++report.processed;
        const bool known = std::ranges::find(fed, outcome.namespace_name) != fed.end();
        if (outcome.receipt->created && !known) {
            fed.push_back(outcome.namespace_name);
        }
    }
    if (!fed.empty()) {
        observers_.fed(fed);
    }
    return report;
}

asio::awaitable<std::vector<TaskReceipt>> TaskInitializationService::initialize(
    std::vector<TaskRequest> requests
) {
    const auto work = [this, requests = std::move(requests)] {
        auto receipts = tasks_.submit_all(requests);
        std::set<std::string> fed;
        for (std::size_t i = 0; i < receipts.size(); ++i) {
            if (receipts[i].created) {
                fed.insert(requests[i].namespace_name);
            }
        }
        if (!fed.empty()) {
            observers_.fed({fed.begin(), fed.end()});
        }
        return receipts;
    };
    co_return co_await direct_.run(work);
}

}  // namespace tenon::orchestration
