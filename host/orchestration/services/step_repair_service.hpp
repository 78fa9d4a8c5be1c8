#pragma once

#include "database/repositories/operations/repair_repository.hpp"
#include "database/repositories/task_repository.hpp"
#include "domain/messages/intervention.hpp"
#include "foundation/runtime/blocking_pool.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace tenon::orchestration {

/// What an operator wants of one step.
struct StepRepair {
    StepReference step;
    StepAction action = StepAction::reset_for_retry;
    std::string result_json{};  ///< For `complete_manually` alone.
    Intervention intervention{};
};

/// Puts one step right by hand, off the event loop: the step, its successors and the judgement of
/// its task change in one commit. [any-thread]
class StepRepairService {
public:
    /// All three must outlive the service.
    StepRepairService(
        database::RepairRepository& repairs,
        database::TaskRepository& tasks,
        BlockingPool& pool
    )
        : repairs_(repairs), tasks_(tasks), pool_(pool) {}

    /// Nothing when there is no such step. Throws as the repository does.
    asio::awaitable<std::optional<RepairedStep>> repair(StepRepair repair);

private:
    std::optional<RepairedStep> apply(const StepRepair& repair);

    database::RepairRepository& repairs_;
    database::TaskRepository& tasks_;
    BlockingPool& pool_;
};

}  // namespace tenon::orchestration
