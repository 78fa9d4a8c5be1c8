#include "worker/services/step_execution/step_invoker.hpp"

#include "worker/dispatch/attempt_verdict.hpp"
#include "worker/services/step_call_services.hpp"

#include <chrono>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace tenon::worker {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<plugin_host::DependencyView> name_dependencies(
    const ClaimedStep& step,
    const CompiledTemplate& compiled
) {
    std::vector<plugin_host::DependencyView> named;
    named.reserve(step.dependencies.size());
    for (const auto& dependency : step.dependencies) {
        named.push_back({compiled.step(dependency.step_no).name, dependency.json});
    }
    return named;
}

}  // namespace

std::optional<SettledStep> StepInvoker::invoke(ClaimedStep step) noexcept {
    ResultBuilder result(step);
    try {
        if (!run(step, result)) {
            return std::nullopt;
        }
    } catch (const std::exception& error) {
        result.host_failed(error.what());
    }
    return std::move(result).build();
}

/// False when the step was settled meanwhile in place of its handler.
bool StepInvoker::run(const ClaimedStep& step, ResultBuilder& result) {
    const auto known = templates_.get(step.template_id);
    if (!known->handlers.at(step.step_no - 1U)) {
        return true;
    }
    return call(step, *known, result);
}

bool StepInvoker::call(
    const ClaimedStep& step,
    const RunnableTemplate& known,
    ResultBuilder& result
) {
    const auto& definition = known.compiled.step(step.step_no);
    const auto& handler = *known.handlers.at(step.step_no - 1U);
    const auto& build = handler.generation();
    const auto dependencies = name_dependencies(step, known.compiled);
    const auto task_uuid = step.task.to_string();
    const auto step_uuid = step_id(step.task, step.step_no).to_string();
    const auto correlation = step.correlation.to_string();

    if (on_start_) {
        on_start_(step);
    }
    const auto begin = Clock::now();
    RunningStep running{
        .task = step.task,
        .step_no = step.step_no,
        .attempt = step.attempt,
        .callable = definition.callable,
        .asked_at = step.asked_at,
        .begun_at = begin,
        .limit = definition.timeout,
        .max_runtime = definition.max_runtime,
        .generation = static_cast<std::int32_t>(build.info().generation),
        .build = build.calls().get()
    };
    if (!running_.enter(running)) {
        return true;
    }
    result.ran_on(running.generation);
    StepCallServices services(
        step, dependencies, {host_id_, steps_, running_}, running, definition.events
    );
    const auto deadline = running.deadline().time_since_epoch();
    auto outcome = handler.invoke({
        .method = definition.method,
        .task_uuid = task_uuid,
        .step_uuid = step_uuid,
        .step_name = definition.name,
        .namespace_name = known.compiled.source().namespace_name,
        .correlation_id = correlation,
        .attempt = static_cast<std::uint32_t>(step.shown_attempt()),
        .max_attempts = static_cast<std::uint32_t>(definition.retry.max_attempts),
        .context_json = step.context_json,
        .initialization_json = definition.initialization_json,
        .checkpoint_json = step.checkpoint_json,
        .dependencies = dependencies,
        .deadline_mono_ns = std::chrono::nanoseconds(deadline).count(),
        .services = &services,
    });
    const bool counts = running_.leave(running);
    const auto time = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
    result.ended(
        judge_attempt(
            std::move(outcome),
            {.stalls = step.stalls, .moved = services.moved(), .asked = running.token.reason()}
        ),
        time
    );
    result.published(services.events_json());
    return counts;
}

}  // namespace tenon::worker
