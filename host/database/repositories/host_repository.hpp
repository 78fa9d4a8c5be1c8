#pragma once

#include "database/connection.hpp"
#include "domain/ids.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tenon::database {

/// One host's presence in the database, on a connection of its own: as long as that connection and
/// those of the step pump live, the host lives. One thread at a time. [pool]
class HostRepository {
public:
    struct Registration {
        std::string name;
        std::vector<std::string> roles;
        std::string version;
    };

    struct Beat {
        std::vector<StepId> held;    ///< Steps in progress.
        std::int32_t unsure_ms = 0;  ///< Since the oldest call that may still claim some was sent.
        std::string stats_json = "{}";
    };

    /// The other live hosts of the fleet.
    struct Others {
        std::int64_t count = 0;
        /// Until the first of their leases runs out; negative when one did. Unset without others.
        std::optional<std::chrono::milliseconds> first_overdue;
    };

    /// A build of a plugin that this host made active.
    struct ActiveBuild {
        std::uint64_t generation = 0;
        std::string plugin;
        std::string version;
        std::string sha256;
    };

    struct Rescue {
        std::vector<std::string> lost;        ///< Host ids whose steps were given back.
        std::vector<std::string> frozen;      ///< Host ids that missed their lease.
        std::vector<std::string> namespaces;  ///< To ring for.
    };

    explicit HostRepository(Connection connection) : connection_(std::move(connection)) {}

    HostId register_host(const Registration& registration);

    /// Joins this connection to a host that is registered; false when it was declared lost.
    bool join(HostId host);

    /// Renews the lease. nullopt when this host was declared lost.
    std::optional<Others> beat(HostId host, const Beat& beat);

    /// Writes down what runs under which generation; what is known already stays as it is.
    void record_plugins(HostId host, const std::vector<ActiveBuild>& builds);

    /// Takes the duty of rescue from its holder when he missed his lease.
    void challenge_rescuer();

    Rescue rescue(HostId rescuer);

    std::vector<std::string> resume_stale(HostId rescuer);

    /// Says goodbye; `held` are steps whose handlers did not end in time: they go back to their
    /// queues. Returns the namespaces to ring for.
    std::vector<std::string> retire(HostId host, const std::vector<StepId>& held);

    /// Ends the call under way on this connection, which then throws. [any-thread]
    void interrupt() noexcept;

private:
    Connection connection_;
};

}  // namespace tenon::database
