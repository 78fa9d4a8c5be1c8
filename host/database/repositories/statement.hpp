#pragma once

#include "database/connection.hpp"
#include "database/sql_error.hpp"

#include <pqxx/pqxx>

#include <string>
#include <string_view>

namespace tenon::database {

/// Runs one statement on a connection of one's own, in a transaction of its own. Errors as in
/// `throw_sql_error`. For repositories only: it shows libpqxx.
template <class... Arguments>
pqxx::result execute(
    Connection& connection,
    std::string_view statement,
    const Arguments&... arguments
) {
    pqxx::result rows;
    translate_errors(connection.endpoint(), [&] {
        pqxx::nontransaction work(connection.session());
        rows = work.exec_params(std::string(statement), arguments...);
    });
    return rows;
}

}  // namespace tenon::database
