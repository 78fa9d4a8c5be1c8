#pragma once

#include "database/repositories/operations/inspection_repository.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::app {

/// How bad it is.
enum class Severity : std::uint8_t {
    note,     ///< Good to know; nothing needs to be done.
    warning,  ///< It will hurt under load, or in time.
    error     ///< Work does not go on as it should, or is not safe.
};

std::string_view to_string(Severity severity) noexcept;

/// One thing that a doctor found.
struct Finding {
    std::string id;  ///< "clock-skew": for scripts; documented in docs/command_line.md.
    Severity severity = Severity::warning;
    std::string what;     ///< What was seen, with its values.
    std::string meaning;  ///< What comes of it.
    std::string fix;      ///< What to do.
};

using Findings = std::vector<Finding>;

/// What was seen of the clocks: the server's time, and the host's before and after it was asked.
struct ClockReading {
    std::chrono::milliseconds server{};
    std::chrono::milliseconds before{};
    std::chrono::milliseconds after{};
};

/// Each looks at one concern and says what is wrong with it; pure functions of what was seen.
Findings diagnose_clock(const ClockReading& reading);
Findings diagnose_server(const database::InspectionRepository::Server& server);
Findings diagnose_pooler(bool keeps_sessions, bool has_direct_url);
Findings diagnose_tables(const std::vector<database::InspectionRepository::Table>& tables);
Findings diagnose_holders(const std::vector<database::InspectionRepository::Holder>& holders);
Findings diagnose_hosts(const std::vector<database::InspectionRepository::FleetHost>& hosts);

/// `pending`: names of migrations that were not applied; `drift`: why the schema is not ours to
/// use, or empty.
Findings diagnose_schema(const std::vector<std::string>& pending, const std::string& drift);

/// `unresolved`: sentences of a host about steps that it cannot run.
Findings diagnose_callables(const std::vector<std::string>& unresolved, const std::string& url);

/// Dead rows from which a table is looked at, and the age from which a transaction is.
constexpr std::int64_t many_dead_rows = 10'000;
constexpr std::chrono::seconds long_transaction{300};

}  // namespace tenon::app
