#include "database/repositories/operations/api_key_repository.hpp"

#include "database/repositories/text_list.hpp"
#include "sql/api_keys.hpp"

#include <pqxx/pqxx>

namespace tenon::database {

std::string ApiKeyRepository::create(const NewKey& key) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        const auto row = work.exec_params1(
            std::string(sql::api_keys::create),
            key.id,
            key.name,
            key.hash,
            array_literal(key.permissions),
            key.valid_for.count()
        );
        return row[0].as<std::string>();
    });
}

std::vector<ApiKeyRepository::Listed> ApiKeyRepository::list() {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        std::vector<Listed> keys;
        for (const auto& row : work.exec_params(std::string(sql::api_keys::list))) {
            keys.push_back(
                {.id = row[0].as<std::string>(),
                 .name = row[1].as<std::string>(),
                 .permissions = row[2].as<std::string>(),
                 .created_at = row[3].as<std::string>(),
                 .expires_at = row[4].as<std::string>(),
                 .expired = row[5].as<bool>()}
            );
        }
        return keys;
    });
}

bool ApiKeyRepository::revoke(const std::string& id_or_name) {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        return !work.exec_params(std::string(sql::api_keys::revoke), id_or_name).empty();
    });
}

std::vector<ApiKeyRepository::Valid> ApiKeyRepository::valid() {
    return pool_.run([&](pqxx::connection_base& session) {
        pqxx::nontransaction work(session);
        std::vector<Valid> keys;
        for (const auto& row : work.exec_params(std::string(sql::api_keys::valid))) {
            keys.push_back(
                {.id = row[0].as<std::string>(),
                 .name = row[1].as<std::string>(),
                 .hash = row[2].as<std::string>(),
                 .permissions = row[3].as<std::string>(),
                 .expires_in = std::chrono::milliseconds(row[4].as<std::int64_t>())}
            );
        }
        return keys;
    });
}

}  // namespace tenon::database
