#include "database/repositories/session_probe.hpp"

#include "database/connection.hpp"
#include "database/sql_error.hpp"
#include "sql/sessions.hpp"

#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <pqxx/transaction>
#include <pqxx/transaction_base>

namespace tenon::database {
namespace {

// One would do on a pooler that nobody else uses; others may change whose turn it is.
constexpr int rounds = 8;

constexpr auto application = "tenon probe";

int backend_of(pqxx::transaction_base& work) {
    return work.exec(std::string(sql::sessions::backend))[0][0].as<int>();
}

int backend_of(Connection& connection) {
    pqxx::nontransaction work(connection.session());
    return backend_of(work);
}

/// While `other` is within a transaction, `first` must still have the backend that it had before.
bool stays_with_its_backend(Connection& first, Connection& other) {
    const int before = backend_of(first);
    pqxx::work held(other.session());
    return backend_of(held) != before && backend_of(first) == before;
}

}  // namespace

bool keeps_sessions(const std::string& conninfo) {
    Connection first({.conninfo = conninfo, .application_name = application});
    bool kept = true;
    translate_errors(first.endpoint(), [&] {
        // The server tells every client the backend's number; a pooler makes one up.
        if (first.session().backendpid() == backend_of(first)) {
            return;
        }
        Connection other({.conninfo = conninfo, .application_name = application});
        for (int round = 0; round < rounds && kept; ++round) {
            kept = stays_with_its_backend(first, other);
        }
    });
    return kept;
}

std::string database_identity(const std::string& conninfo) {
    Connection connection({.conninfo = conninfo, .application_name = application});
    std::string identity;
    translate_errors(connection.endpoint(), [&] {
        pqxx::nontransaction work(connection.session());
        identity = work.exec(std::string(sql::sessions::identity))[0][0].as<std::string>();
    });
    return identity;
}

}  // namespace tenon::database
