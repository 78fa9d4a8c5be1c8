#pragma once

#include "database/repositories/bench/bench_repository.hpp"
#include "domain/ids.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace tenon::app {

/// The kinds of tasks of a load, which are submitted in turn. [any-thread]
class TaskMix {
public:
    struct Kind {
        database::BenchRepository::Workload workload;
        std::int64_t steps = 0;
    };

    struct Share {
        std::size_t kind = 0;
        std::int32_t count = 0;
    };

    explicit TaskMix(std::vector<Kind> kinds) : kinds_(std::move(kinds)) {}

    const Kind& kind(std::size_t number) const { return kinds_[number]; }

    /// Which the next `count` tasks are: as many of each as possible.
    std::vector<Share> next(std::int32_t count);

    /// On average.
    double steps_per_task() const;

private:
    const std::vector<Kind> kinds_;
    std::atomic<std::uint64_t> turn_{0};
};

/// One client that submits tasks, one call after the other. One thread at a time.
class Submitter {
public:
    struct Submitted {
        std::vector<TaskId> tasks;  ///< Fewer than were asked for, where some were refused.
        std::int64_t steps = 0;
    };

    virtual ~Submitter() = default;

    virtual Submitted submit(std::int32_t count) = 0;

    /// How many one call takes.
    virtual std::int32_t most_per_call() const = 0;
};

/// Submits by SQL; `ring` sends the NOTIFY that hosts listen for.
std::unique_ptr<Submitter> sql_submitter(const std::string& conninfo, TaskMix& mix, bool ring);

}  // namespace tenon::app
