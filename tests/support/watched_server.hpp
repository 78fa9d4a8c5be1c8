#pragma once

#include "database/embedded_server.hpp"
#include "support/postgres.hpp"

#include <map>
#include <string>

namespace tenon::testing {

/// A PostgreSQL that writes down every statement and who sent it, and can be asked afterwards what
/// its write-ahead log says. What it counts depends on no clock and on no other load of the
/// machine.
class WatchedServer {
public:
    /// What transactions left in the write-ahead log.
    struct Written {
        int commits = 0;
        double bytes = 0;   ///< Without page images, which depend on checkpoints, not on the work.
        std::string kinds;  ///< A line for each kind of record: its name, how many, their bytes.
    };

    /// With a migrated database, called `name`.
    explicit WatchedServer(const std::string& name);

    /// How to connect to that database.
    const std::string& conninfo() const noexcept { return conninfo_; }

    /// Statements so far, by the role that sent them.
    std::map<std::string, int> statements_by_role() const;

    /// Statements so far, by the application_name of the session.
    std::map<std::string, int> statements_by_application() const;

    /// Where the write-ahead log ends now, for `written_since`.
    std::string log_position();

    /// What was written since then, but for hosts that report their presence: they do that by the
    /// clock, whatever else happens.
    Written written_since(const std::string& position);

private:
    std::map<std::string, int> statements(char before, char after) const;

    TemporaryDirectory directory_;
    database::EmbeddedServer server_;
    std::string conninfo_;
};

}  // namespace tenon::testing
