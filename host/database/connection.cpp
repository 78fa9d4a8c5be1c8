#include "database/connection.hpp"

#include "database/conninfo.hpp"
#include "database/sql_error.hpp"
#include "sql/sessions.hpp"

#include <pqxx/connection>
#include <pqxx/nontransaction>

#include <poll.h>

namespace tenon::database {
namespace {

Conninfo complete(const Connection::Options& options) {
    Conninfo conninfo(options.conninfo);
    conninfo.set("application_name", options.application_name);
    conninfo.set_default("connect_timeout", std::to_string(options.connect_timeout.count()));
    // A host that vanished without closing its socket is noticed within about 25 seconds.
    conninfo.set_default("keepalives", "1");
    conninfo.set_default("keepalives_idle", "10");
    conninfo.set_default("keepalives_interval", "5");
    conninfo.set_default("keepalives_count", "3");
    conninfo.set_default("tcp_user_timeout", "25000");
    return conninfo;
}

void forbid_reconnecting(pqxx::connection_base& session) {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    // libpqxx 6 reconnects silently otherwise, and the session's locks are gone unnoticed.
    session.inhibit_reactivation(true);
#pragma clang diagnostic pop
}

void end_session(pqxx::connection_base* session) {
    delete static_cast<pqxx::connection*>(session);
}

void prepare_session(pqxx::connection_base& session, const Connection::Options& options) {
    pqxx::nontransaction work(session);
    work.exec_params(
        std::string(sql::sessions::prepare),
        std::to_string(options.statement_timeout.count()),
        std::to_string(options.idle_in_transaction_timeout.count())
    );
}

}  // namespace

Connection::Connection(const Options& options) : session_(nullptr, &end_session) {
    const auto conninfo = complete(options);
    endpoint_ = conninfo.endpoint();
    try {
        session_.reset(new pqxx::connection(conninfo.to_string()));
    } catch (const pqxx::broken_connection& error) {
        throw Exception(unreachable(endpoint_, error.what()));
    }
    forbid_reconnecting(*session_);
    translate_errors(endpoint_, [&] { prepare_session(*session_, options); });
}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

bool Connection::broken() noexcept {
    if (!session_->is_open()) {
        return true;
    }
    // What an idle session has to say, other than a notification, is a farewell.
    pollfd readable{session_->sock(), POLLIN, 0};
    if (poll(&readable, 1, 0) <= 0) {
        return false;
    }
    try {
        return session_->get_notifs() == 0 || !session_->is_open();
    } catch (const std::exception&) {
        return true;
    }
}

}  // namespace tenon::database
