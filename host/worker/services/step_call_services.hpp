#pragma once

#include "database/repositories/step_repository.hpp"
#include "domain/step/step_outcome.hpp"
#include "plugin_host/handler.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tenon::worker {

/// What a running handler may ask of the host. One per call, used from the handler's thread.
class StepCallServices final : public plugin_host::CallServices {
public:
    StepCallServices(
        const ClaimedStep& step,
        std::span<const plugin_host::DependencyView> dependencies,
        database::StepRepository& steps
    )
        : step_(step), dependencies_(dependencies), steps_(steps) {}

    /// Direct dependencies are at hand; further ancestors cost one query.
    std::optional<std::string> result_of(std::string_view step_name) override;
    std::int32_t cancel_reason() const noexcept override;
    void log(std::int32_t level, std::string_view message, std::string_view fields_json) override;

private:
    const ClaimedStep& step_;
    std::span<const plugin_host::DependencyView> dependencies_;
    database::StepRepository& steps_;
};

}  // namespace tenon::worker
