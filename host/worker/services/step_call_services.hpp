#pragma once

#include "database/repositories/step_repository.hpp"
#include "domain/step/step_outcome.hpp"
#include "plugin_host/handler.hpp"
#include "worker/dispatch/cancel_token.hpp"

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
        database::StepRepository& steps,
        CancelToken& token
    )
        : step_(step), dependencies_(dependencies), steps_(steps), token_(token) {}

    /// Direct dependencies are at hand; further ancestors cost one query.
    std::optional<std::string> result_of(std::string_view step_name) override;
    std::int32_t cancel_reason() const noexcept override;
    int cancel_descriptor() noexcept override;
    void log(std::int32_t level, std::string_view message, std::string_view fields_json) override;

private:
    const ClaimedStep& step_;
    std::span<const plugin_host::DependencyView> dependencies_;
    database::StepRepository& steps_;
    CancelToken& token_;
};

}  // namespace tenon::worker
