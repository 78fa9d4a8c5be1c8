#pragma once

#include "database/connection.hpp"
#include "domain/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tenon::database {

/// What a benchmark asks of the database, on a connection of its own. One thread at a time. [pool]
class BenchRepository {
public:
    struct Workload {
        std::string namespace_name;
        std::string name;
        std::string version;  ///< Empty: the newest.
        std::string context_json = "{}";
    };

    /// PostgreSQL's own statistics, as far as its sessions have reported them.
    struct Counters {
        std::int64_t commits = 0;
        std::int64_t wal_bytes = 0;
        std::int64_t wal_flushes = 0;
    };

    struct Settled {
        TaskId task;
        std::string state;
        std::optional<double> start_ms;  ///< Submission to first claim, by the database's clock.
        double complete_ms = 0;          ///< Submission to end, by the database's clock.
        std::vector<double> step_ms;     ///< Of every step, from its claim to its result.
    };

    /// All live workers together, as of their last beat.
    struct Fleet {
        std::int64_t workers = 0;
        std::int64_t calls = 0;
        std::int64_t cpu_us = 0;
        double oldest_beat_s = 0;
    };

    /// The tables of the step path and the queues together.
    struct HotTables {
        std::int64_t dead_rows = 0;
        std::int64_t bytes = 0;
    };

    explicit BenchRepository(const std::string& conninfo);

    /// Submits `count` tasks in one call. `ring` wakes hosts that listen.
    std::vector<TaskId> submit(const Workload& workload, std::int32_t count, bool ring);

    std::int64_t step_count(const Workload& workload);
    Counters counters();
    std::vector<Settled> settled(const std::vector<TaskId>& tasks);
    Fleet fleet();
    HotTables hot_tables();

    /// Keeps a snapshot from now on, as long as this lives. Nothing else is asked of it then.
    void hold_snapshot();

    int backend_pid();

    /// The server and what it does for durability, e.g. "PostgreSQL 15.8, fsync on, …".
    std::string conditions();

private:
    Connection connection_;
};

}  // namespace tenon::database
