#include "database/connection_pool.hpp"

#include "database/conninfo.hpp"
#include "database/sql_error.hpp"

#include <exception>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace tenon::database {

ConnectionPool::ConnectionPool(Options options)
    : options_(std::move(options)), endpoint_(Conninfo(options_.conninfo).endpoint()) {
    if (options_.size == 0) {
        throw Exception(
            {ErrorCode::invalid_input, "the connection pool has size 0; give it at least 1"}
        );
    }
    idle_.reserve(options_.size);
}

void ConnectionPool::run_on_lease(const std::function<void(pqxx::connection_base&)>& work) {
    auto connection = take();
    try {
        translate_errors(endpoint_, [&] { work(connection.session()); });
    } catch (...) {
        give_back(std::move(connection));
        throw;
    }
    give_back(std::move(connection));
}

Connection ConnectionPool::take() {
    std::unique_lock lock(mutex_);
    const bool place =
        freed_.wait_for(lock, options_.wait_limit, [this] { return lent_ < options_.size; });
    if (!place) {
        throw Exception(
            {ErrorCode::unavailable,
             fmt::format(
                 "all {} connections to PostgreSQL at {} were busy for {}; retry later, or make "
                 "the pool larger",
                 options_.size,
                 endpoint_,
                 options_.wait_limit
             )}
        );
    }
    ++lent_;
    while (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        if (!connection.broken()) {
            return connection;
        }
    }
    lock.unlock();
    try {
        return connect();
    } catch (...) {
        free_place();
        throw;
    }
}

Connection ConnectionPool::connect() const {
    auto* breaker = options_.breaker;
    if (breaker != nullptr && !breaker->try_acquire()) {
        throw Exception(
            {ErrorCode::unavailable,
             fmt::format(
                 "PostgreSQL at {} could not be reached a moment ago; retry later", endpoint_
             )}
        );
    }
    try {
        Connection made({options_.conninfo, options_.application_name, options_.statement_timeout});
        if (breaker != nullptr) {
            breaker->succeeded();
        }
        return made;
    } catch (const std::exception& error) {
        if (breaker != nullptr) {
            breaker->failed(error.what());
        }
        throw;
    }
}

void ConnectionPool::give_back(Connection connection) {
    if (!connection.broken()) {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(connection));
    }
    free_place();
}

void ConnectionPool::free_place() {
    {
        const std::lock_guard lock(mutex_);
        --lent_;
    }
    freed_.notify_one();
}

}  // namespace tenon::database
