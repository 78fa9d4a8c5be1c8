#include "database/repositories/operations/inspection_repository.hpp"

#include "database/repositories/statement.hpp"
#include "sql/inspection.hpp"

namespace tenon::database {
namespace {

std::optional<std::chrono::seconds> seconds(const pqxx::field& field) {
    return field.is_null() ? std::nullopt
                           : std::optional(std::chrono::seconds(field.as<std::int64_t>()));
}

std::string interval(std::chrono::seconds span) {
    return std::to_string(span.count()) + " s";
}

}  // namespace

InspectionRepository::InspectionRepository(const std::string& conninfo)
    : connection_({.conninfo = conninfo, .application_name = "tenon doctor"}) {}

InspectionRepository::Server InspectionRepository::server() {
    const auto row = execute(connection_, sql::inspection::server)[0];
    return {
        .clock = std::chrono::milliseconds(row[0].as<std::int64_t>()),
        .version = row[1].as<int>(),
        .standby = row[2].as<bool>(),
        .autovacuum = row[3].as<bool>(),
        .fsync = row[4].as<bool>(),
        .synchronous_commit = row[5].c_str(),
        .connections = row[6].as<std::int64_t>(),
        .most_connections = row[7].as<int>(),
        .has_tenon = row[8].as<bool>(),
        .has_pgmq = row[9].as<bool>()
    };
}

std::vector<InspectionRepository::Table> InspectionRepository::tables(std::int64_t dead) {
    std::vector<Table> tables;
    for (const auto& row : execute(connection_, sql::inspection::tables, dead)) {
        tables.push_back(
            {.relation = row[0].c_str(),
             .live = row[1].as<std::int64_t>(),
             .dead = row[2].as<std::int64_t>(),
             .vacuumed = seconds(row[3])}
        );
    }
    return tables;
}

std::vector<InspectionRepository::Holder> InspectionRepository::holders(std::chrono::seconds age) {
    std::vector<Holder> holders;
    for (const auto& row : execute(connection_, sql::inspection::holders, interval(age))) {
        holders.push_back(
            {.kind = row[0].c_str(),
             .who = row[1].c_str(),
             .age = seconds(row[2]),
             .transactions = row[3].as<std::int64_t>()}
        );
    }
    return holders;
}

std::vector<InspectionRepository::FleetHost> InspectionRepository::hosts() {
    std::vector<FleetHost> hosts;
    for (const auto& row : execute(connection_, sql::inspection::hosts)) {
        hosts.push_back(
            {.host_id = row[0].as<std::int32_t>(),
             .name = row[1].c_str(),
             .roles = row[2].c_str(),
             .version = row[3].c_str(),
             .state = row[4].c_str(),
             .started = std::chrono::seconds(row[5].as<std::int64_t>()),
             .beat = std::chrono::seconds(row[6].as<std::int64_t>()),
             .overdue = std::chrono::seconds(row[7].as<std::int64_t>()),
             .held = row[8].as<std::int64_t>()}
        );
    }
    return hosts;
}

}  // namespace tenon::database
