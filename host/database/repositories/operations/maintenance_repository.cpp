#include "database/repositories/operations/maintenance_repository.hpp"

#include "database/repositories/statement.hpp"
#include "sql/maintenance.hpp"

#include <optional>

namespace tenon::database {
namespace {

constexpr std::int32_t batch = 1000;

std::string interval(std::chrono::seconds span) {
    return std::to_string(span.count()) + " s";
}

}  // namespace

MaintenanceRepository::MaintenanceRepository(const std::string& conninfo)
    : connection_({.conninfo = conninfo, .application_name = "tenon db"}) {}

std::int64_t MaintenanceRepository::archive(std::chrono::seconds settled_for) {
    std::int64_t moved = 0;
    for (std::optional<std::string> last = ""; last;) {
        const auto rows = execute(
            connection_,
            sql::maintenance::archive_tasks,
            last->empty() ? nullptr : last->c_str(),
            batch,
            interval(settled_for)
        );
        last = rows[0][0].is_null() ? std::nullopt : std::optional<std::string>(rows[0][0].c_str());
        moved += rows[0][1].as<std::int64_t>(0);
    }
    return moved;
}

std::string MaintenanceRepository::maintain(
    std::chrono::seconds keep,
    std::chrono::seconds period
) {
    return execute(connection_, sql::maintenance::maintain, interval(keep), interval(period))[0][0]
        .c_str();
}

std::vector<MaintenanceRepository::Size> MaintenanceRepository::sizes() {
    std::vector<Size> sizes;
    for (const auto& row : execute(connection_, sql::maintenance::sizes)) {
        sizes.push_back(
            {.relation = row[0].c_str(),
             .period = row[1].c_str(),
             .rows = row[2].as<std::int64_t>(0),
             .bytes = row[3].as<std::int64_t>(0),
             .dead = row[4].as<std::int64_t>(0)}
        );
    }
    return sizes;
}

}  // namespace tenon::database
