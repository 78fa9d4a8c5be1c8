#pragma once

#include "database/connection.hpp"
#include "domain/ids.hpp"

namespace tenon::database {

/// The wait for the duty of rescue, and then the duty, on a connection of its own: whoever has it
/// keeps it until that connection ends. One thread at a time. [pool]
class RescueDuty {
public:
    /// The connection must have no limits on statements and on idle transactions.
    explicit RescueDuty(Connection connection) : connection_(std::move(connection)) {}

    /// Joins this connection to a host that is registered; false when it was declared lost.
    bool join(HostId host);

    /// Waits for the duty. False when nobody gave it up for a minute; then call it again.
    bool await();

    /// False once the connection is known to be lost. No round trip.
    bool held() noexcept { return !connection_.broken(); }

    /// Ends the wait under way, which then throws. [any-thread]
    void interrupt() noexcept;

private:
    Connection connection_;
};

}  // namespace tenon::database
