#include "database/repositories/bench/backlog_repository.hpp"

#include "database/repositories/statement.hpp"
#include "sql/bench_backlog.hpp"

namespace tenon::database {

BacklogRepository::BacklogRepository(const std::string& conninfo, const std::string& template_name)
    : connection_(
          {.conninfo = conninfo,
           .application_name = "tenon bench backlog",
           .statement_timeout = std::chrono::milliseconds(0)}
      ),
      template_id_(
          execute(connection_, sql::bench_backlog::template_id, namespace_name, template_name)[0][0]
              .as<std::int32_t>()
      ) {
    execute(connection_, sql::bench_backlog::prepare);
}

void BacklogRepository::make_periods(std::int32_t days) {
    execute(connection_, sql::bench_backlog::make_periods, days);
}

void BacklogRepository::fill_retrying(std::int32_t tasks) {
    execute(connection_, sql::bench_backlog::fill_retrying, template_id_, tasks);
}

void BacklogRepository::fill_queued(std::int32_t tasks) {
    execute(connection_, sql::bench_backlog::fill_queued, template_id_, tasks);
}

void BacklogRepository::fill_history(std::int32_t tasks, double days_ago, double days) {
    execute(connection_, sql::bench_backlog::fill_history, template_id_, tasks, days_ago, days);
}

void BacklogRepository::fill_recent(std::int32_t tasks) {
    execute(connection_, sql::bench_backlog::fill_recent, template_id_, tasks);
}

void BacklogRepository::settle_down() {
    execute(connection_, sql::bench_backlog::settle_down);
    execute(connection_, sql::bench_backlog::write_out);
}

}  // namespace tenon::database
