#pragma once

#include "database/connection.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tenon::database {

/// What can be seen of the server and of the fleet, on a connection of its own. Changes nothing.
/// One thread at a time. [pool]
class InspectionRepository {
public:
    struct Server {
        std::chrono::milliseconds clock{};  ///< Since 1970, by the server.
        int version = 0;                    ///< As 150003.
        bool standby = false;
        bool autovacuum = true;
        bool fsync = true;
        std::string synchronous_commit = "on";
        std::int64_t connections = 0;  ///< In use, of all databases.
        int most_connections = 0;
        bool has_tenon = false;  ///< The schemas.
        bool has_pgmq = false;
    };

    struct Table {
        std::string relation;
        std::int64_t live = 0;
        std::int64_t dead = 0;
        std::optional<std::chrono::seconds> vacuumed{};  ///< Ago; none: never.
    };

    /// Keeps VACUUM from removing rows that died since.
    struct Holder {
        std::string kind;  ///< "transaction", "prepared" or "slot".
        std::string who;
        std::optional<std::chrono::seconds> age{};
        std::int64_t transactions = 0;  ///< Since then.
    };

    struct FleetHost {
        std::int32_t host_id = 0;
        std::string name;
        std::string roles;  ///< Comma separated.
        std::string version;
        std::string state;               ///< "live", "retired" or "lost".
        std::chrono::seconds started{};  ///< Ago.
        std::chrono::seconds beat{};     ///< Ago.
        std::chrono::seconds overdue{};  ///< Since the end of its lease; negative before.
        std::int64_t held = 0;           ///< Steps in its hands.
    };

    explicit InspectionRepository(const std::string& conninfo);

    Server server();
    std::vector<Table> tables(std::int64_t dead);
    std::vector<Holder> holders(std::chrono::seconds age);

    /// Requires the schema tenon.
    std::vector<FleetHost> hosts();

private:
    Connection connection_;
};

}  // namespace tenon::database
