#pragma once

#include "database/connection_pool.hpp"
#include "domain/ids.hpp"
#include "domain/messages/intervention.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tenon::database {

/// Tasks that need somebody's attention. Its calls block. [any-thread]
///
/// Throws tenon::Exception: `not_found` for an unknown task, `conflict` when a task has an entry
/// that waits already, `unavailable` without a database.
class DeadLetterRepository {
public:
    explicit DeadLetterRepository(ConnectionPool& pool) : pool_(pool) {}

    /// Which entries to list.
    struct Filter {
        std::optional<ResolutionStatus> status;  ///< Unset: all.
        std::int32_t limit = 50;
        std::string before;  ///< Only older ones than this time; empty: from the newest on.
    };

    /// The entries as a JSON array, the newest first.
    std::string list(const Filter& filter);

    /// One entry as a JSON document; nothing when there is none.
    std::optional<std::string> find(DeadLetterId entry);

    /// All entries of one task, the newest first.
    std::string of_task(TaskId task);

    /// Writes down that a task needs attention.
    DeadLetterId add(TaskId task, const Intervention& intervention);

    /// False when there is no such entry. The reason is what is noted.
    bool update(DeadLetterId entry, ResolutionStatus status, const Intervention& intervention);

    /// Numbers by status and by reason, as a JSON document.
    std::string statistics();

private:
    ConnectionPool& pool_;
};

}  // namespace tenon::database
