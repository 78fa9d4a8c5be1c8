#include "worker/services/step_call_services.hpp"

#include "foundation/telemetry/log.hpp"

#include <algorithm>

namespace tenon::worker {
namespace {

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
    return steps_.ancestor_result(step_.task, step_.step_no, step_name);
}

std::int32_t StepCallServices::cancel_reason() const noexcept {
    return static_cast<std::int32_t>(token_.reason());
}

int StepCallServices::cancel_descriptor() noexcept {
    return token_.descriptor();
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
