#pragma once

#include "database/repositories/operations/dead_letter_repository.hpp"
#include "database/repositories/operations/repair_repository.hpp"
#include "foundation/runtime/blocking_pool.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <type_traits>
#include <utility>

namespace tenon::orchestration {

/// Reads and notes which tasks need attention, and lets one go on, off the event loop.
/// [any-thread]
class DeadLetterService {
public:
    /// All three must outlive the service.
    DeadLetterService(
        database::DeadLetterRepository& letters,
        database::RepairRepository& repairs,
        BlockingPool& pool
    )
        : letters_(letters), repairs_(repairs), pool_(pool) {}

    /// Asks the entries for something: `work` is called with their repository.
    template <class Work>
    asio::awaitable<std::invoke_result_t<Work, database::DeadLetterRepository&>> ask(Work work) {
        const auto call = [&letters = letters_, work = std::move(work)] { return work(letters); };
        co_return co_await pool_.run(call);
    }

    /// Resets all failed steps of a task that ended in error. Returns how many.
    asio::awaitable<std::int32_t> redrive(TaskId task, Intervention intervention) {
        const auto call = [&repairs = repairs_, task, intervention = std::move(intervention)] {
            return repairs.redrive(task, intervention);
        };
        co_return co_await pool_.run(call);
    }

private:
    database::DeadLetterRepository& letters_;
    database::RepairRepository& repairs_;
    BlockingPool& pool_;
};

}  // namespace tenon::orchestration
