#pragma once

#include "plugin_host/handler.hpp"
#include "plugin_host/in_process/loaded_generation.hpp"

#include <memory>
#include <string>

namespace tenon::plugin_host {

class InstancePool;

/// A callable of a build in the memory of this process.
class LoadedHandler final : public Handler {
public:
    /// A declared handler. `descriptor` belongs to the generation.
    LoadedHandler(
        std::shared_ptr<const LoadedGeneration> generation,
        const tenon_handler& descriptor
    );

    /// A bare exported function, under the name `callable`.
    LoadedHandler(
        std::shared_ptr<const LoadedGeneration> generation,
        std::string callable,
        tenon_step_function function
    );

    ~LoadedHandler() override;

private:
    StepOutcome attempt(const StepCall& step) const noexcept override;
    tenon_status run(tenon_call& call, tenon_call* handle, const tenon_step& step) const;

    const LoadedGeneration* const home_;  // Owned by the base; null in tests.
    const tenon_handler* descriptor_ = nullptr;
    tenon_step_function function_ = nullptr;
    std::unique_ptr<InstancePool> instances_;  // None for a bare function.
};

}  // namespace tenon::plugin_host
