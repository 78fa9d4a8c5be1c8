#include "support/watched_server.hpp"

#include <fmt/format.h>
#include <fstream>

namespace tenon::testing {
namespace {

/// What begins a line of the server's log: the role, and in brackets the application.
constexpr auto line_prefix = "by: %u [%a] ";

database::EmbeddedServer::Options options_in(const std::string& directory) {
    copy_prepared_cluster(directory);
    auto settings = test_server_settings();
    settings.emplace_back("log_statement", "all");
    settings.emplace_back("log_line_prefix", line_prefix);
    // Both would write by the clock what no step asked for.
    settings.emplace_back("autovacuum", "off");
    settings.emplace_back("checkpoint_timeout", "1h");
    settings.emplace_back("max_wal_size", "4GB");
    return {.data_directory = directory, .settings = settings};
}

}  // namespace

WatchedServer::WatchedServer(const std::string& name) : server_(options_in(directory_.path())) {
    server_.start();
    SqlSession maintenance(server_.conninfo());
    maintenance.exec(fmt::format("CREATE DATABASE {} TEMPLATE {}", name, migrated_template()));
    conninfo_ = with_setting(server_.conninfo(), "dbname", name);
}

std::map<std::string, int> WatchedServer::statements_by_role() const {
    return statements(' ', ' ');
}

std::map<std::string, int> WatchedServer::statements_by_application() const {
    return statements('[', ']');
}

// Only what begins with the prefix is a statement: its further lines and its parameters do not.
std::map<std::string, int> WatchedServer::statements(char before, char after) const {
    std::map<std::string, int> counts;
    std::ifstream file(server_.data_directory() / "postgresql.log");
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("by: ") || line.find("] LOG:  ") == std::string::npos) {
            continue;
        }
        const auto first = line.find(before) + 1;
        ++counts[line.substr(first, line.find(after, first) - first)];
    }
    return counts;
}

std::string WatchedServer::log_position() {
    return SqlSession(conninfo_).value("SELECT pg_current_wal_insert_lsn()");
}

WatchedServer::Written WatchedServer::written_since(const std::string& position) {
    SqlSession sql(conninfo_);
    const auto end = log_position();
    sql.exec("CREATE EXTENSION IF NOT EXISTS pg_walinspect");
    const auto kinds = sql.rows(
        "WITH records AS MATERIALIZED ("
        "  SELECT xid, resource_manager, record_type, record_length - fpi_length AS bytes, "
        "         block_ref FROM pg_get_wal_records_info($1, $2)), "
        "presence AS ("
        "  SELECT DISTINCT xid FROM records WHERE xid <> '0' AND block_ref LIKE format("
        "      '%%/%s %%', (SELECT relfilenode FROM pg_class WHERE oid = "
        "'tenon.hosts'::regclass))) "
        "SELECT concat_ws(' ', resource_manager, record_type, c.relname), count(*), sum(bytes), "
        "       record_type LIKE 'COMMIT%' "
        "FROM records "
        "LEFT JOIN pg_class AS c ON c.relfilenode = "
        "    substring(block_ref FROM 'rel [0-9]+/[0-9]+/([0-9]+)')::oid "
        "WHERE xid NOT IN (SELECT xid FROM presence) AND resource_manager <> 'Standby' "
        "GROUP BY 1, 4 ORDER BY 3 DESC",
        {position, end}
    );
    Written written;
    for (const auto& kind : kinds) {
        written.commits += kind.at(3) == "t" ? std::stoi(kind.at(1).value()) : 0;
        written.bytes += std::stod(kind.at(2).value());
        written.kinds += fmt::format("  {}: {}, {} bytes\n", *kind.at(0), *kind.at(1), *kind.at(2));
    }
    return written;
}

}  // namespace tenon::testing
