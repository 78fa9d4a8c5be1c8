#include "database/repositories/operations/overview_repository.hpp"

#include "sql/overview.hpp"

#include <pqxx/pqxx>

namespace tenon::database {
namespace {

const char* or_null(const std::string& text) {
    return text.empty() ? nullptr : text.c_str();
}

/// The one value of the one row, which may be NULL.
template <class... Arguments>
std::optional<std::string> value_of(
    ConnectionPool& pool,
    std::string_view statement,
    const Arguments&... arguments
) {
    return pool.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(std::string(statement), arguments...);
        return row[0].is_null() ? std::nullopt : std::optional(std::string(row[0].c_str()));
    });
}

}  // namespace

std::string OverviewRepository::tasks(const TaskFilter& filter) {
    return value_of(
               pool_,
               sql::overview::tasks,
               or_null(filter.namespace_name),
               or_null(filter.name),
               or_null(filter.status),
               or_null(filter.initiator),
               or_null(filter.source_system),
               or_null(filter.tag),
               or_null(filter.before),
               filter.limit
    )
        .value();
}

std::optional<std::string> OverviewRepository::task_summary(TaskId task) {
    return value_of(pool_, sql::overview::task_summary, task.to_string());
}

std::string OverviewRepository::hosts(const std::string& state) {
    return value_of(pool_, sql::overview::hosts, or_null(state)).value();
}

std::string OverviewRepository::performance(std::int32_t hours) {
    return value_of(pool_, sql::overview::performance, hours).value();
}

std::string OverviewRepository::bottlenecks(const StepRanking& ranking) {
    return value_of(
               pool_,
               sql::overview::bottlenecks,
               ranking.hours,
               ranking.limit,
               ranking.min_executions
    )
        .value();
}

}  // namespace tenon::database
