#pragma once

#include "database/connection.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tenon::database {

/// The care of the tables, on a connection of its own. One thread at a time. [pool]
class MaintenanceRepository {
public:
    /// One table, or one period of it.
    struct Size {
        std::string relation;
        std::string period;  ///< Empty: the table has none.
        std::int64_t rows = 0;
        std::int64_t bytes = 0;  ///< With its indexes.
        std::int64_t dead = 0;   ///< Rows that wait for VACUUM.
        std::string state;       ///< Of the period, e.g. whether tasks of it are open.
    };

    explicit MaintenanceRepository(const std::string& conninfo);

    /// Makes the coming periods, closes those in which every task has ended, and drops closed ones
    /// that ended longer ago than `keep`. Safe at any time, from several sides at once. Returns
    /// what it did, as a JSON object.
    std::string maintain(std::chrono::seconds keep, std::chrono::seconds period);

    std::vector<Size> sizes();

private:
    Connection connection_;
};

}  // namespace tenon::database
