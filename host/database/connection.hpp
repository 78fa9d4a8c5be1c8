#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace pqxx {
class connection_base;  // NOLINT(readability-identifier-naming)
}

namespace tenon::database {

/// One session with PostgreSQL. One thread at a time. [pool]
///
/// It never reconnects: a session that broke has lost its locks and settings, so it reports errors
/// until its owner replaces it.
class Connection {
public:
    struct Options {
        std::string conninfo;  ///< libpq connection string or URL.
        std::string application_name = "tenon";
        std::chrono::milliseconds statement_timeout = std::chrono::seconds(30);  ///< 0: none.
        std::chrono::milliseconds idle_in_transaction_timeout = std::chrono::seconds(30);
        std::chrono::seconds connect_timeout = std::chrono::seconds(5);
    };

    /// Throws tenon::Exception: `unavailable` with host, port and database when the server cannot
    /// be reached, `invalid_input` when the connection string cannot be read.
    explicit Connection(const Options& options);
    ~Connection();
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;

    /// For statements inside `database/`, which go through `translate_errors`.
    pqxx::connection_base& session() noexcept { return *session_; }

    /// True when the session is known to be lost, also while nobody was using it.
    bool broken() noexcept;

    /// `host:port, database name`, for error sentences.
    const std::string& endpoint() const noexcept { return endpoint_; }

private:
    /// Its destructor is not virtual in libpqxx: the deleter knows the type that was made.
    using Session = std::unique_ptr<pqxx::connection_base, void (*)(pqxx::connection_base*)>;

    std::string endpoint_;
    Session session_;
};

}  // namespace tenon::database
