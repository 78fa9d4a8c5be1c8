#pragma once

#include "database/repositories/operations/overview_repository.hpp"
#include "foundation/runtime/blocking_pool.hpp"

#include <boost/asio/awaitable.hpp>

#include <type_traits>
#include <utility>

namespace tenon::orchestration {

/// Reads about all tasks and hosts, off the event loop. [any-thread]
class OverviewService {
public:
    /// Both must outlive the service.
    OverviewService(database::OverviewRepository& overview, BlockingPool& pool)
        : overview_(overview), pool_(pool) {}

    /// `work` is called with the repository.
    template <class Work>
    asio::awaitable<std::invoke_result_t<Work, database::OverviewRepository&>> ask(Work work) {
        const auto call = [&overview = overview_, work = std::move(work)] {
            return work(overview);
        };
        co_return co_await pool_.run(call);
    }

private:
    database::OverviewRepository& overview_;
    BlockingPool& pool_;
};

}  // namespace tenon::orchestration
