#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

struct pg_conn;
struct pg_result;

namespace tenon::database {

/// One parameter of a prepared statement, in PostgreSQL's binary format.
struct BinaryParameter {
    unsigned type = 0;  ///< The OID of its type.
    std::string bytes;
    bool null = false;
};

/// The rows of one reply, in binary format. Views live as long as the object.
class BinaryRows {
public:
    explicit BinaryRows(pg_result* result) noexcept : result_(result, &clear) {}

    int size() const noexcept;
    bool is_null(int row, int column) const noexcept;
    std::string_view bytes(int row, int column) const noexcept;

private:
    static void clear(pg_result* result) noexcept;

    std::unique_ptr<pg_result, void (*)(pg_result*)> result_;
};

/// A raw libpq connection for the step path, where libpqxx's text format and its copies would be
/// most of the host's cost. Blocking; one thread at a time. [pool]
///
/// Every call throws tenon::Exception; `unavailable` means the connection is gone for good and the
/// fate of the call unknown.
class PqConnection {
public:
    /// `settings` become session settings, such as "-c enable_seqscan=off".
    PqConnection(
        const std::string& conninfo,
        const std::string& application_name,
        const std::string& settings
    );

    void prepare(
        const std::string& name,
        std::string_view statement,
        std::span<const unsigned> types
    );
    BinaryRows execute(const std::string& name, std::span<const BinaryParameter> parameters);

    bool usable() const noexcept;

    /// False when the server has hung up since the last call.
    bool alive() const noexcept;

    int backend_pid() const noexcept;

private:
    [[noreturn]] void fail(const pg_result* result) const;

    static void finish(pg_conn* connection) noexcept;

    std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
};

}  // namespace tenon::database
