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
    };

    explicit MaintenanceRepository(const std::string& conninfo);

    /// Moves all tasks that ended at least `settled_for` ago to history, a batch a commit. Returns
    /// how many. Safe at any time, from several sides at once, as is the next.
    std::int64_t archive(std::chrono::seconds settled_for);

    /// Makes the coming periods, and drops those that ended longer ago than `keep` and of which no
    /// task is open. Returns what it did, as a JSON object `{made, dropped, open, busy}` with names
    /// of periods.
    std::string maintain(std::chrono::seconds keep, std::chrono::seconds period);

    std::vector<Size> sizes();

private:
    Connection connection_;
};

}  // namespace tenon::database
