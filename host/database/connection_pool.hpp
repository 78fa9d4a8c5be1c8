#pragma once

#include "database/connection.hpp"
#include "foundation/runtime/circuit_breaker.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tenon::database {

/// A bounded set of connections, made on first need. [any-thread] Its calls block: use it from
/// threads that may.
///
/// A connection that broke is dropped and replaced by a new one; work is never repeated, because
/// only its owner knows whether it may be. The mutex guards the list of idle connections, never a
/// statement.
class ConnectionPool {
public:
    struct Options {
        std::string conninfo;
        std::size_t size = 4;
        std::string application_name = "tenon";
        std::chrono::milliseconds wait_limit = std::chrono::seconds(5);
        std::chrono::milliseconds statement_timeout = std::chrono::seconds(30);
        CircuitBreaker* breaker = nullptr;  ///< Of new connections; outlives the pool, or none.
    };

    /// Opens no connection yet. Throws `invalid_input` when `size` is 0 or the connection string
    /// cannot be read.
    explicit ConnectionPool(Options options);

    /// Runs `work(pqxx::connection_base&)` on a connection of its own and returns its result.
    ///
    /// Throws tenon::Exception: `unavailable` when no connection gets free within the limit or
    /// the server cannot be reached, at once while the breaker is open; what libpqxx throws arrives
    /// as `throw_sql_error` maps it.
    template <class Work>
    auto run(Work&& work) {
        using Value = std::invoke_result_t<Work, pqxx::connection_base&>;
        if constexpr (std::is_void_v<Value>) {
            run_on_lease([&](pqxx::connection_base& session) { std::forward<Work>(work)(session); }
            );
        } else {
            std::optional<Value> value;
            run_on_lease([&](pqxx::connection_base& session) {
                value.emplace(std::forward<Work>(work)(session));
            });
            return Value(std::move(*value));
        }
    }

    std::size_t size() const noexcept { return options_.size; }

    /// `host:port, database name`, for sentences. Never the password.
    const std::string& endpoint() const noexcept { return endpoint_; }

private:
    void run_on_lease(const std::function<void(pqxx::connection_base&)>& work);
    Connection take();
    Connection connect() const;
    void give_back(Connection connection);
    void free_place();

    Options options_;
    std::string endpoint_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<Connection> idle_;
    std::size_t lent_ = 0;
};

}  // namespace tenon::database
