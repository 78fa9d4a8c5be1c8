#pragma once

#include "database/embedded_server.hpp"
#include "instrument/kill_points.hpp"
#include "support/postgres.hpp"

#include <string>

namespace tenon::testing {

/// A PostgreSQL of one test's own that can be killed and comes back at the same address, with one
/// migrated database. Its roles `brain`, `hands_1` and `hands_2` are superusers: each host of an
/// arena connects as one, so that every backend tells whose it is.
class KillServer {
public:
    KillServer();

    /// How to connect as that role, whether it runs or not. [any-thread]
    std::string conninfo(const std::string& role) const;

    /// SIGKILL to the postmaster and to everything that it started; returns when all are gone.
    void kill_hard();

    /// Starts it again; returns when it accepts connections.
    void restart();

private:
    TemporaryDirectory directory_;
    database::EmbeddedServer server_;
    std::string conninfo_;  ///< It outlives the server.
};

}  // namespace tenon::testing
