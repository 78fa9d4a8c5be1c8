#include "database/repositories/rescue_duty.hpp"

#include "database/repositories/statement.hpp"
#include "database/sql_error.hpp"
#include "sql/hosts.hpp"

#include <pqxx/pqxx>

#include <exception>
#include <string>

namespace tenon::database {
namespace {

constexpr std::string_view lock_not_available = "55P03";

// Whoever has this lock has the duty of rescue, until his connection ends. A LOCK that waits holds
// no snapshot, unlike a SELECT: nobody keeps vacuum from its work by waiting. That is true of a
// session that looked the table up before, because looking it up takes one. These are no prepared
// statements, so they are not among the queries.
constexpr auto take_duty = "BEGIN; LOCK TABLE tenon.rescue_duty IN EXCLUSIVE MODE NOWAIT";
constexpr auto await_duty =
    "BEGIN; SET LOCAL lock_timeout = '60s'; LOCK TABLE tenon.rescue_duty IN EXCLUSIVE MODE";

/// Begins a transaction that only the end of the connection ends, if it gets the lock.
bool lock(pqxx::nontransaction& work, const char* statement) {
    try {
        work.exec(statement);
        return true;
    } catch (const pqxx::sql_error& error) {
        if (error.sqlstate() != lock_not_available) {
            throw;
        }
    }
    work.exec("ROLLBACK");
    return false;
}

}  // namespace

bool RescueDuty::join(HostId host) {
    return execute(connection_, sql::hosts::join_host, static_cast<std::int32_t>(host))[0][0]
        .as<bool>();
}

bool RescueDuty::await() {
    bool has = false;
    translate_errors(connection_.endpoint(), [&] {
        pqxx::nontransaction work(connection_.session());
        has = lock(work, take_duty) || lock(work, await_duty);
    });
    return has;
}

void RescueDuty::interrupt() noexcept {
    try {
        connection_.session().cancel_query();
    } catch (const std::exception&) {
        // The connection is gone, and with it the wait that should end.
        return;
    }
}

}  // namespace tenon::database
