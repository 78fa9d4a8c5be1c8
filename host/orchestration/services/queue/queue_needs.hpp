#pragma once

#include "database/repositories/queues/orchestration_repository.hpp"
#include "database/repositories/queues/queue_repository.hpp"
#include "domain/ids.hpp"
#include "foundation/runtime/blocking_pool.hpp"

#include <atomic>

namespace tenon::orchestration {

/// What every service needs that processes messages. All of it must outlive the service.
struct QueueNeeds {
    database::OrchestrationRepository& repository;
    database::QueueRepository& queues;
    BlockingPool& pool;
    const std::atomic<HostId>& host;  ///< This host; another number after it was declared lost.
};

}  // namespace tenon::orchestration
