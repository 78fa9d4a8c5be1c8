#include "plugin_host/runner/runner_handler.hpp"

#include "foundation/json_text.hpp"
#include "plugin_host/call.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::plugin_host {
namespace {

// For a runner whose end was seen to be gone for good.
constexpr std::chrono::milliseconds last_moment{100};

// Of what it wrote last, in the message; the failure's context has all that is kept.
constexpr std::size_t longest_line = 300;

std::string_view last_line(std::string_view text) {
    while (!text.empty() && text.back() == '\n') {
        text.remove_suffix(1);
    }
    text.remove_prefix(text.rfind('\n') + 1);  // npos + 1 is 0.
    text.remove_prefix(text.size() - std::min(text.size(), longest_line));
    // The cut may have gone through a character.
    while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0U) == 0x80U) {
        text.remove_prefix(1);
    }
    return text;
}

}  // namespace

RunnerHandler::RunnerHandler(
    std::shared_ptr<const RunnerGeneration> generation,
    std::uint32_t number,
    Traits traits
)
    : Handler(generation, std::move(traits)), home_(*generation), number_(number) {}

StepOutcome RunnerHandler::attempt(const StepCall& step) const noexcept {
    try {
        return run(step);
    } catch (const std::exception& error) {
        return host_failure("runner_unavailable", error.what(), true);
    }
}

StepOutcome RunnerHandler::run(const StepCall& step) const {
    auto& pool = home_.pool();
    auto runner = pool.take(step.services);
    if (!runner) {
        return not_begun(runner.error().detail, step);
    }
    auto ended = RemoteCall(*runner, pool.options(), step).run(number_);
    if (auto* outcome = std::get_if<StepOutcome>(&ended)) {
        pool.give_back(*std::move(runner));
        return std::move(*outcome);
    }
    auto failure = explain(std::get<RemoteCall::Lost>(ended), *runner->process);
    pool.lose(*std::move(runner));
    return failure;
}

StepFailure RunnerHandler::not_begun(const std::string& why, const StepCall& step) const {
    const auto asked =
        step.services == nullptr ? TENON_NOT_CANCELLED : step.services->cancel_reason();
    // To be asked to stop before there was a runner is nobody's fault, unless time ran out.
    std::string_view code = "runner_unavailable";
    if (asked != TENON_NOT_CANCELLED) {
        code = asked == TENON_CANCEL_DEADLINE ? "handler_timeout" : "CANCELLED";
    }
    return host_failure(
        code, fmt::format("no runner of {} for {}: {}", home_.info().id, callable(), why), true
    );
}

StepFailure RunnerHandler::explain(const RemoteCall::Lost& lost, RunnerProcess& process) const {
    if (lost.why != RemoteCall::Lost::Why::kept_going) {
        return crashed(lost, process);
    }
    const bool late = lost.asked == TENON_CANCEL_DEADLINE;
    return host_failure(
        late ? "handler_timeout" : "CANCELLED",
        fmt::format(
            "{} was asked to stop and did not end within {} ms: its runner was killed",
            callable(),
            lost.grace.count()
        ),
        late ? std::nullopt : std::optional(true)
    );
}

StepFailure RunnerHandler::crashed(const RemoteCall::Lost& lost, RunnerProcess& process) const {
    if (lost.why == RemoteCall::Lost::Why::deviated) {
        process.signal(SIGKILL);
    }
    const auto ending = process.wait(last_moment);
    process.output()->drain();
    const auto words = process.output()->last_words();
    std::string how = "it closed its connection to the host";
    if (lost.why == RemoteCall::Lost::Why::deviated) {
        how = lost.fault;
    } else if (ending) {
        how = ending->text();
    }
    const auto& info = home_.info();
    const auto line = last_line(words);
    auto failure = host_failure(
        "plugin_crashed",
        fmt::format(
            "{} ended its runner: {} ({} {}, build {}){}{}",
            callable(),
            how,
            info.id,
            info.version,
            info.build_id.empty() ? info.sha256 : info.build_id,
            line.empty() ? "" : "; it wrote: ",
            line
        ),
        true
    );
    failure.context_json = fmt::format(
        R"({{"plugin":{},"version":{},"sha256":{},"build_id":{},"generation":{},"pid":{},)"
        R"("ended_by":{},"stderr":{}}})",
        json_quote(info.id),
        json_quote(info.version),
        json_quote(info.sha256),
        json_quote(info.build_id),
        info.generation,
        process.pid(),
        json_quote(how),
        json_quote(words)
    );
    return failure;
}

}  // namespace tenon::plugin_host
