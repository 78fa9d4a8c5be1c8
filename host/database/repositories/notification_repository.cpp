#include "database/repositories/notification_repository.hpp"

#include "sql/hosts.hpp"

#include <pqxx/pqxx>

namespace tenon::database {

void NotificationRepository::notify(const std::string& channel, const std::string& payload) {
    pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        work.exec_params(std::string(sql::hosts::ring), channel, payload);
    });
}

}  // namespace tenon::database
