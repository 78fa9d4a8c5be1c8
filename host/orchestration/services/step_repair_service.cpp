#include "orchestration/services/step_repair_service.hpp"

#include <utility>

namespace tenon::orchestration {

asio::awaitable<std::optional<RepairedStep>> StepRepairService::repair(StepRepair repair) {
    const auto work = [this, repair = std::move(repair)] { return apply(repair); };
    co_return co_await pool_.run(work);
}

std::optional<RepairedStep> StepRepairService::apply(const StepRepair& repair) {
    const auto step = tasks_.step_named(repair.step.task, repair.step.step);
    if (!step) {
        return std::nullopt;
    }
    switch (repair.action) {
        case StepAction::reset_for_retry:
            return RepairedStep{*step, repairs_.reset(*step, repair.intervention)};
        case StepAction::resolve_manually:
            return RepairedStep{*step, repairs_.resolve(*step, repair.intervention)};
        case StepAction::complete_manually: break;
    }
    return RepairedStep{*step, repairs_.complete(*step, repair.result_json, repair.intervention)};
}

}  // namespace tenon::orchestration
