#include "plan_reports.hpp"

#include "database/conninfo.hpp"
#include "database/step_gateway.hpp"

#include <gtest/gtest.h>

#include <libpq-fe.h>
#include <optional>
#include <regex>
#include <sstream>

namespace tenon::testing {
namespace {

void note(void* reports, const char* message) {
    *static_cast<std::string*>(reports) += message;
}

std::string with_settings(const std::string& conninfo, ReportingSession::Settings settings) {
    database::Conninfo parsed(conninfo);
    if (settings == ReportingSession::Settings::gateway) {
        parsed.set("options", database::StepGateway::session_settings);
    }
    return parsed.to_string();
}

/// One part of a plan that reads a table.
struct Scan {
    std::string line;
    std::string table;
    bool sequential = false;
    bool conditional = false;  ///< The index is asked for less than all it has.
    long discarded = 0;

    bool wasteful(long bound) const { return sequential || !conditional || discarded > bound; }
};

/// What this line begins, if it begins a scan of a table or an index.
std::optional<Scan> scan_in(const std::string& line) {
    static const std::regex scan(
        "(Seq Scan|Index Scan|Index Only Scan|Bitmap Heap Scan)"
        R"((?: Backward)?(?: using \S+)? on (\w+))"
    );
    std::smatch found;
    if (!std::regex_search(line, found, scan)) {
        return std::nullopt;
    }
    Scan made;
    made.line = line.substr(line.find_first_not_of(' '));
    made.table = found[2];
    made.sequential = found[1] == "Seq Scan";
    return made;
}

/// What a line says of the scan above it.
void read_property(const std::string& line, Scan& scan) {
    static const std::regex removed(R"(Rows Removed by (?:Filter|Index Recheck): (\d+))");
    std::smatch found;
    if (line.find("Index Cond: ") != std::string::npos ||
        line.find("Recheck Cond: ") != std::string::npos) {
        scan.conditional = true;
    } else if (std::regex_search(line, found, removed)) {
        scan.discarded += std::stol(found[1]);
    }
}

}  // namespace

ReportingSession::ReportingSession(const std::string& conninfo, Settings settings)
    : connection_(PQconnectdb(with_settings(conninfo, settings).c_str()), &PQfinish) {
    PQsetNoticeProcessor(connection_.get(), &note, &reports_);
    exec(
        "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; "
        "SET auto_explain.log_nested_statements = on; SET auto_explain.log_analyze = on; "
        "SET auto_explain.log_timing = off; SET client_min_messages = log"
    );
}

void ReportingSession::exec(const std::string& statements) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexec(connection_.get(), statements.c_str()), &PQclear
    );
    const auto status = PQresultStatus(result.get());
    ASSERT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        << PQresultErrorMessage(result.get()) << statements;
}

std::vector<std::string> wasteful_scans(
    const std::string& reports,
    const std::vector<std::string>& small,
    int bound
) {
    std::vector<std::string> wasteful;
    std::string statement;
    std::optional<Scan> open;
    const auto judge = [&] {
        if (open && open->wasteful(bound) && std::ranges::find(small, open->table) == small.end()) {
            wasteful.push_back(open->line + " of: " + statement.substr(0, 200));
        }
        open.reset();
    };
    std::istringstream lines(reports);
    bool in_statement = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("Query Text: ") != std::string::npos) {
            judge();
            statement.clear();
            in_statement = true;
        }
        if (line.find("(cost=") != std::string::npos) {
            judge();
            in_statement = false;
            open = scan_in(line);
        } else if (open) {
            read_property(line, *open);
        }
        if (in_statement) {
            statement += line + ' ';
        }
    }
    judge();
    return wasteful;
}

}  // namespace tenon::testing
