#include "database/binary/pq_connection.hpp"

#include "database/conninfo.hpp"
#include "database/sql_error.hpp"
#include "foundation/error.hpp"

#include <array>
#include <libpq-fe.h>
#include <poll.h>
#include <vector>

namespace tenon::database {
namespace {

constexpr int binary_format = 1;

std::string_view or_empty(const char* text) noexcept {
    return text == nullptr ? std::string_view() : std::string_view(text);
}

}  // namespace

int BinaryRows::size() const noexcept {
    return PQntuples(result_.get());
}

bool BinaryRows::is_null(int row, int column) const noexcept {
    return PQgetisnull(result_.get(), row, column) != 0;
}

std::string_view BinaryRows::bytes(int row, int column) const noexcept {
    return {
        PQgetvalue(result_.get(), row, column),
        static_cast<std::size_t>(PQgetlength(result_.get(), row, column))
    };
}

void BinaryRows::clear(pg_result* result) noexcept {
    PQclear(result);
}

PqConnection::PqConnection(
    const std::string& conninfo,
    const std::string& application_name,
    const std::string& settings
)
    : connection_(nullptr, &finish) {
    // `dbname` may hold a whole connection string; what follows it overrides it.
    const std::array keywords{
        "dbname",
        "application_name",
        "options",
        "connect_timeout",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        static_cast<const char*>(nullptr)
    };
    const std::array values{
        conninfo.c_str(),
        application_name.c_str(),
        settings.c_str(),
        "5",
        "5",
        "2",
        "3",
        static_cast<const char*>(nullptr)
    };
    connection_.reset(PQconnectdbParams(keywords.data(), values.data(), 1));
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        throw Exception(
            unreachable(Conninfo(conninfo).endpoint(), PQerrorMessage(connection_.get()))
        );
    }
    // A message without it says all that people need; with it, it quotes the whole of advance.
    PQsetErrorContextVisibility(connection_.get(), PQSHOW_CONTEXT_NEVER);
    PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);
}

void PqConnection::prepare(
    const std::string& name,
    std::string_view statement,
    std::span<const unsigned> types
) {
    const std::string text(statement);
    auto* result = PQprepare(
        connection_.get(), name.c_str(), text.c_str(), static_cast<int>(types.size()), types.data()
    );
    const BinaryRows reply(result);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        fail(result);
    }
}

BinaryRows PqConnection::execute(
    const std::string& name,
    std::span<const BinaryParameter> parameters
) {
    std::vector<const char*> values;
    std::vector<int> lengths;
    values.reserve(parameters.size());
    lengths.reserve(parameters.size());
    for (const auto& parameter : parameters) {
        values.push_back(parameter.null ? nullptr : parameter.bytes.data());
        lengths.push_back(static_cast<int>(parameter.bytes.size()));
    }
    const std::vector<int> formats(parameters.size(), binary_format);
    auto* result = PQexecPrepared(
        connection_.get(),
        name.c_str(),
        static_cast<int>(parameters.size()),
        values.data(),
        lengths.data(),
        formats.data(),
        binary_format
    );
    BinaryRows rows(result);
    const auto status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        fail(result);
    }
    return rows;
}

bool PqConnection::usable() const noexcept {
    return PQstatus(connection_.get()) == CONNECTION_OK;
}

// Between two calls a server has nothing to say but good-bye.
bool PqConnection::alive() const noexcept {
    pollfd socket{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
    return ::poll(&socket, 1, 0) == 0 && usable();
}

int PqConnection::backend_pid() const noexcept {
    return PQbackendPID(connection_.get());
}

void PqConnection::fail(const pg_result* result) const {
    if (!usable()) {
        throw Exception(
            {ErrorCode::unavailable,
             "the database connection broke: " + std::string(PQerrorMessage(connection_.get()))}
        );
    }
    throw_sql_error(
        or_empty(PQresultErrorField(result, PG_DIAG_SQLSTATE)),
        or_empty(PQresultErrorMessage(result))
    );
}

void PqConnection::finish(pg_conn* connection) noexcept {
    PQfinish(connection);
}

}  // namespace tenon::database
