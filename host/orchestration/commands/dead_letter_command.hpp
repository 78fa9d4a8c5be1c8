#pragma once

#include "domain/messages/intervention.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::orchestration {

/// List the tasks that need attention, the newest first.
struct ListDeadLetters {
    using Reply = std::string;  ///< A JSON array.
    static constexpr std::string_view name = "ListDeadLetters";

    std::optional<ResolutionStatus> status;  ///< Unset: all.
    std::int32_t limit = 50;
    std::string before;  ///< Only older ones than this time; empty: from the newest on.
};

/// Report one entry.
struct GetDeadLetter {
    using Reply = std::optional<std::string>;  ///< A JSON document; nothing for an unknown entry.
    static constexpr std::string_view name = "GetDeadLetter";

    DeadLetterId entry;
};

/// Report all entries of one task, the newest first.
struct GetDeadLettersOfTask {
    using Reply = std::string;  ///< A JSON array.
    static constexpr std::string_view name = "GetDeadLettersOfTask";

    TaskId task;
};

/// Write down that a task needs attention.
struct AddDeadLetter {
    using Reply = DeadLetterId;
    static constexpr std::string_view name = "AddDeadLetter";

    TaskId task;
    Intervention intervention;
};

/// Note what came of an entry. It moves no task.
struct UpdateDeadLetter {
    using Reply = bool;  ///< False for an unknown entry.
    static constexpr std::string_view name = "UpdateDeadLetter";

    DeadLetterId entry;
    ResolutionStatus status = ResolutionStatus::pending;
    Intervention intervention;
};

/// Let a task that ended in error go on, with all its failed steps reset.
struct RedriveTask {
    using Reply = std::int32_t;  ///< How many steps were reset.
    static constexpr std::string_view name = "RedriveTask";

    TaskId task;
    Intervention intervention;
};

/// Report numbers of entries.
struct GetDeadLetterStatistics {
    using Reply = std::string;  ///< A JSON document.
    static constexpr std::string_view name = "GetDeadLetterStatistics";
};

}  // namespace tenon::orchestration
