#include "support/postgres.hpp"

#include <libpq-fe.h>

namespace tenon::testing {
namespace {

using ResultHandle = std::unique_ptr<PGresult, decltype(&PQclear)>;

std::vector<TextRow> read_rows(PGresult* result) {
    const auto status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        throw StatementRefused(sqlstate ? sqlstate : "08000", PQresultErrorMessage(result));
    }
    std::vector<TextRow> rows(static_cast<std::size_t>(PQntuples(result)));
    for (int r = 0; r < PQntuples(result); ++r) {
        for (int c = 0; c < PQnfields(result); ++c) {
            rows[static_cast<std::size_t>(r)].push_back(
                PQgetisnull(result, r, c) ? std::nullopt : std::optional(PQgetvalue(result, r, c))
            );
        }
    }
    return rows;
}

std::string only_value(const std::vector<TextRow>& rows) {
    if (rows.size() != 1 || rows.front().size() != 1) {
        throw std::logic_error("the statement returns " + std::to_string(rows.size()) + " rows");
    }
    return rows.front().front().value_or("NULL");
}

}  // namespace

SqlSession::SqlSession(const std::string& conninfo)
    : connection_(PQconnectdb(conninfo.c_str()), [](pg_conn* handle) { PQfinish(handle); }) {
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        throw StatementRefused("08001", PQerrorMessage(connection_.get()));
    }
    PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
}

std::vector<TextRow> SqlSession::rows(const std::string& sql) {
    const ResultHandle result(PQexec(connection_.get(), sql.c_str()), PQclear);
    return read_rows(result.get());
}

std::vector<TextRow> SqlSession::rows(
    const std::string& sql,
    const std::vector<std::string>& parameters
) {
    std::vector<const char*> values;
    for (const auto& parameter : parameters) {
        values.push_back(parameter.c_str());
    }
    const ResultHandle result(
        PQexecParams(
            connection_.get(),
            sql.c_str(),
            static_cast<int>(values.size()),
            nullptr,
            values.data(),
            nullptr,
            nullptr,
            0
        ),
        PQclear
    );
    return read_rows(result.get());
}

std::string SqlSession::value(const std::string& sql) {
    return only_value(rows(sql));
}

std::string SqlSession::value(const std::string& sql, const std::vector<std::string>& parameters) {
    return only_value(rows(sql, parameters));
}

int SqlSession::backend_pid() const {
    return PQbackendPID(connection_.get());
}

}  // namespace tenon::testing
