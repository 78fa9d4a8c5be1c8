#pragma once

#include "database/connection_pool.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace tenon::database {

/// The keys of the HTTP API. Secrets never come here, only their hashes. [pool]
class ApiKeyRepository {
public:
    explicit ApiKeyRepository(ConnectionPool& pool) : pool_(pool) {}

    struct NewKey {
        std::string id;
        std::string name;
        std::string hash;
        std::vector<std::string> permissions;
        std::chrono::seconds valid_for{};
    };

    /// A key as people see it.
    struct Listed {
        std::string id;
        std::string name;
        std::string permissions;  ///< Separated by commas.
        std::string created_at;
        std::string expires_at;
        bool expired = false;
    };

    /// A key as a host needs it.
    struct Valid {
        std::string id;
        std::string name;
        std::string hash;
        std::string permissions;  ///< Separated by commas.
        std::chrono::milliseconds expires_in{};
    };

    /// Returns when it expires, as ISO 8601. ErrorCode::conflict when the name is taken.
    std::string create(const NewKey& key);

    /// Those that were not revoked, by name.
    std::vector<Listed> list();

    /// By id or name. False when there is no such key, or none any more.
    bool revoke(const std::string& id_or_name);

    std::vector<Valid> valid();

private:
    ConnectionPool& pool_;
};

}  // namespace tenon::database
