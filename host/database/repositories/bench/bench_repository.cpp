#include "database/repositories/bench/bench_repository.hpp"

#include "database/repositories/statement.hpp"
#include "database/repositories/text_list.hpp"
#include "sql/bench.hpp"

namespace tenon::database {
namespace {

const char* or_null(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
}

}  // namespace

BenchRepository::BenchRepository(const std::string& conninfo)
    : connection_(
          {.conninfo = conninfo,
           .application_name = "tenon bench",
           .idle_in_transaction_timeout = std::chrono::milliseconds(0)}
      ) {}

std::vector<TaskId> BenchRepository::submit(
    const Workload& workload,
    std::int32_t count,
    bool ring
) {
    const auto rows = execute(
        connection_,
        sql::bench::submit_batch,
        workload.namespace_name,
        workload.name,
        or_null(workload.version),
        workload.context_json,
        count,
        ring
    );
    std::vector<TaskId> tasks;
    for (const auto& uuid : split_list(rows[0][0].c_str())) {
        tasks.push_back(TaskId::parse(uuid));
    }
    return tasks;
}

std::int64_t BenchRepository::step_count(const Workload& workload) {
    return execute(
               connection_,
               sql::bench::step_count,
               workload.namespace_name,
               workload.name,
               or_null(workload.version)
    )[0][0]
        .as<std::int64_t>();
}

BenchRepository::Counters BenchRepository::counters() {
    const auto rows = execute(connection_, sql::bench::counters);
    return {
        .commits = rows[0][0].as<std::int64_t>(),
        .wal_bytes = rows[0][1].as<std::int64_t>(),
        .wal_flushes = rows[0][2].as<std::int64_t>()
    };
}

std::vector<BenchRepository::Settled> BenchRepository::settled(const std::vector<TaskId>& tasks) {
    std::vector<std::string> ids;
    ids.reserve(tasks.size());
    for (const auto& task : tasks) {
        ids.push_back(task.to_string());
    }
    std::vector<Settled> found;
    for (const auto& row : execute(connection_, sql::bench::settled, array_literal(ids))) {
        auto& task = found.emplace_back();
        task.task = TaskId::parse(row[0].c_str());
        task.state = row[1].c_str();
        task.start_ms = row[2].is_null() ? std::nullopt : std::optional(row[2].as<double>());
        task.complete_ms = row[3].as<double>();
        for (const auto& ms : split_list(row[4].c_str())) {
            task.step_ms.push_back(std::stod(ms));
        }
    }
    return found;
}

BenchRepository::Fleet BenchRepository::fleet() {
    const auto rows = execute(connection_, sql::bench::fleet);
    return {
        .workers = rows[0][0].as<std::int64_t>(),
        .calls = rows[0][1].as<std::int64_t>(),
        .cpu_us = rows[0][2].as<std::int64_t>(),
        .oldest_beat_s = rows[0][3].as<double>()
    };
}

BenchRepository::HotTables BenchRepository::hot_tables() {
    const auto rows = execute(connection_, sql::bench::hot_tables);
    return {.dead_rows = rows[0][0].as<std::int64_t>(), .bytes = rows[0][1].as<std::int64_t>()};
}

void BenchRepository::hold_snapshot() {
    execute(connection_, sql::bench::hold_snapshot);
    execute(connection_, sql::bench::look);
}

int BenchRepository::backend_pid() {
    return execute(connection_, sql::bench::backend_pid)[0][0].as<int>();
}

std::string BenchRepository::conditions() {
    return execute(connection_, sql::bench::conditions)[0][0].c_str();
}

}  // namespace tenon::database
