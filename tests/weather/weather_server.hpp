#pragma once

#include "weather/private_program.hpp"

#include <string>

namespace tenon::testing {

/// A PostgreSQL for one test to mistreat. Its address stays the same over restarts.
class WeatherServer {
public:
    static constexpr int max_connections = 40;

    /// Makes a cluster and starts it, with an empty database.
    WeatherServer();

    /// Makes a standby of that server, which commits nothing from then on that the standby does not
    /// have.
    explicit WeatherServer(const WeatherServer& primary);

    /// How libpq connects to the database, over a socket.
    std::string conninfo() const;

    const std::string& directory() const noexcept { return program_.directory(); }

    /// Makes the standby the server. Returns when it takes writes.
    void promote() const;

    /// Starts it again and returns when it accepts connections.
    void start();

    /// Fast: every session is told and rolled back.
    void stop_fast();

    /// Immediate: as a crash, with recovery at the next start.
    void stop_immediately();

    /// Refuses every new connection, or none. Sessions that exist go on.
    void refuse_connections(bool refuse) const;

private:
    std::string maintenance() const;

    PrivateProgram program_;
    std::string binaries_;
};

}  // namespace tenon::testing
