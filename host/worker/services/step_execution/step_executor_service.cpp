#include "worker/services/step_execution/step_executor_service.hpp"

#include "foundation/error.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace tenon::worker {
namespace {

/// Why a step was not claimed, as the database words it.
StepStart why_not(std::string_view reason) {
    if (reason == "unknown") {
        return StepStart::unknown;
    }
    if (reason == "other correlation") {
        return StepStart::other_correlation;
    }
    return reason == "no room" ? StepStart::no_room : StepStart::not_waiting;
}

std::string archive_reason(const database::NamedStep& step, StepStart start) {
    const auto name = step_id(step.task, step.step_no).to_string();
    return start == StepStart::unknown
               ? "there is no step " + name
               : "step " + name + " has another correlation_id than the message says";
}

}  // namespace

std::string_view to_string(StepStart start) noexcept {
    switch (start) {
        case StepStart::started: return "started";
        case StepStart::left_to_others: return "left_to_others";
        case StepStart::not_waiting: return "not_waiting";
        case StepStart::unknown: return "unknown";
        case StepStart::other_correlation: return "other_correlation";
        case StepStart::no_room: break;
    }
    return "no_room";
}

std::size_t StepExecutorService::start(std::vector<ClaimedStep> steps) {
    std::vector<ClaimedStep> foreign;
    std::erase_if(steps, [&](ClaimedStep& step) {
        if (needs_.gate.admits(step.template_id)) {
            return false;
        }
        foreign.push_back(std::move(step));
        return true;
    });
    if (!foreign.empty()) {
        needs_.inbox.give_back(foreign);
    }
    const auto count = steps.size();
    needs_.handlers.push(std::move(steps));
    return count;
}

asio::awaitable<StartedStep> StepExecutorService::start_named(database::NamedStep step) {
    auto work = [this, step] { return start_named_now(step); };
    co_return co_await needs_.threads.run(std::move(work));
}

asio::awaitable<BatchReport> StepExecutorService::start_messages(std::string queue, Batch batch) {
    auto work = [this, queue = std::move(queue), batch = std::move(batch)]() mutable {
        return start_messages_now(queue, std::move(batch));
    };
    co_return co_await needs_.threads.run(std::move(work));
}

StartedStep StepExecutorService::start_named_now(const database::NamedStep& step) {
    StartedStep started{.step = step_id(step.task, step.step_no), .start = {}, .state = {}};
    const auto answer = needs_.claimer.claim({step});
    if (!answer.claimed.empty()) {
        started.start = needs_.gate.admits(answer.claimed.front().template_id)
                            ? StepStart::started
                            : StepStart::left_to_others;
    } else if (answer.unclaimed.empty()) {
        // It was claimed in the moment in which its task ended.
        started.start = StepStart::not_waiting;
        started.state = "cancelled";
    } else {
        started.start = why_not(answer.unclaimed.front().reason);
        if (started.start == StepStart::not_waiting) {
            started.state = answer.unclaimed.front().reason;
        }
    }
    return started;
}

BatchReport StepExecutorService::start_messages_now(const std::string& queue, Batch batch) {
    check_queue(queue);
    std::vector<database::NamedStep> steps;
    for (auto& entry : batch.entries) {
        entry.content.message = entry.id;
        steps.push_back(entry.content);
    }
    BatchReport report{.read = batch.entries.size() + batch.refused.size()};
    const auto answer = needs_.claimer.claim(std::move(steps), queue);
    report.processed = answer.claimed.size();
    std::unordered_map<StepId, StepStart> others;
    for (const auto& step : answer.unclaimed) {
        others.emplace(step.step, why_not(step.reason));
    }
    for (const auto& entry : batch.entries) {
        const auto known = others.find(step_id(entry.content.task, entry.content.step_no));
        if (known == others.end()) {
            continue;
        }
        const auto start = known->second;
        if (start == StepStart::unknown || start == StepStart::other_correlation) {
            batch.refused.push_back({.id = entry.id, .reason = archive_reason(entry.content, start)}
            );
        }
        report.left += start == StepStart::no_room ? 1 : 0;
        report.stale += start == StepStart::not_waiting ? 1 : 0;
    }
    if (!batch.refused.empty()) {
        report.archived = static_cast<std::size_t>(needs_.messages.archive(queue, batch.refused));
    }
    return report;
}

void StepExecutorService::check_queue(const std::string& queue) const {
    const auto served = needs_.inbox.queues();
    if (std::ranges::find(served, queue) == served.end()) {
        throw Exception(
            {ErrorCode::not_found,
             "this worker does not serve the queue '" + queue +
                 "'; messages of it are another worker's"}
        );
    }
}

}  // namespace tenon::worker
