#include "worker/services/step_call_services.hpp"

#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace tenon::worker {
namespace {

// A connection that broke is replaced well within this; a server that restarts may be.
constexpr std::chrono::milliseconds patience(2000);
constexpr std::chrono::milliseconds first_pause(20);

log::Level to_level(std::int32_t level) noexcept {
    if (level >= TENON_LOG_ERROR) {
        return log::Level::error;
    }
    if (level >= TENON_LOG_WARN) {
        return log::Level::warning;
    }
    return level >= TENON_LOG_INFO ? log::Level::info : log::Level::debug;
}

}  // namespace

std::optional<std::string> StepCallServices::result_of(std::string_view step_name) {
    const auto known =
        std::ranges::find(dependencies_, step_name, &plugin_host::DependencyView::name);
    if (known != dependencies_.end()) {
        return std::string(known->result_json);
    }
    return host_.steps.ancestor_result(step_.task, step_.step_no, step_name);
}

std::int32_t StepCallServices::cancel_reason() const noexcept {
    return static_cast<std::int32_t>(self_.token.reason());
}

int StepCallServices::cancel_descriptor() noexcept {
    return self_.token.descriptor();
}

// Whether a commit whose answer was lost took place does not matter: the same is stored again.
plugin_host::CheckpointStatus StepCallServices::save_checkpoint(std::string_view json) {
    const StepAttempt attempt{
        .task = step_.task, .step_no = step_.step_no, .attempt = step_.attempt
    };
    const auto last_try = RunningStep::Clock::now() + patience;
    for (auto pause = first_pause;; pause *= 2) {
        try {
            if (!host_.steps.save_checkpoint(host_.id, attempt, json)) {
                return plugin_host::CheckpointStatus::not_ours;
            }
            moved_ = moved_ || json != step_.checkpoint_json;
            return plugin_host::CheckpointStatus::saved;
        } catch (const Exception& error) {
            const bool hopeless = !is_retryable(error.code()) || self_.token.cancelled();
            if (hopeless || RunningStep::Clock::now() + pause > last_try) {
                log(TENON_LOG_WARN, std::string("a checkpoint was not saved: ") + error.what(), {});
                return plugin_host::CheckpointStatus::unavailable;
            }
        }
        std::this_thread::sleep_for(pause);
    }
}

bool StepCallServices::beat(std::optional<double> fraction, std::string message) {
    return host_.running.beat(
        self_, {.fraction = fraction, .message = std::move(message)}, RunningStep::Clock::now()
    );
}

bool StepCallServices::publish(std::string_view name, std::string_view payload_json) {
    if (std::ranges::find(declared_, name, &EventDeclaration::name) == declared_.end()) {
        return false;
    }
    events_ += events_.empty() ? R"([{"name":")" : R"(,{"name":")";
    events_ += name;  // A declared name has nothing to escape.
    events_ += R"(","payload":)";
    events_ += payload_json;
    events_ += '}';
    return true;
}

void StepCallServices::log(
    std::int32_t level,
    std::string_view message,
    std::string_view fields_json
) {
    std::string line = "step=" + step_id(step_.task, step_.step_no).to_string() + " ";
    line += message;
    if (!fields_json.empty()) {
        line += ' ';
        line += fields_json;
    }
    log::write(to_level(level), "handler", line);
}

}  // namespace tenon::worker
