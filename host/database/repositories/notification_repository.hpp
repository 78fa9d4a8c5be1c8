#pragma once

#include "database/connection_pool.hpp"

#include <string>

namespace tenon::database {

/// Sends NOTIFY, each in a transaction of its own. Its calls block. [any-thread]
class NotificationRepository {
public:
    explicit NotificationRepository(ConnectionPool& pool) : pool_(pool) {}

    void notify(const std::string& channel, const std::string& payload);

private:
    ConnectionPool& pool_;
};

}  // namespace tenon::database
