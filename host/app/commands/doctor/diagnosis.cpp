#include "app/commands/doctor/diagnosis.hpp"

#include "app/version.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace tenon::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds noticeable_skew{1000};
constexpr milliseconds slow_answer{50};
constexpr int oldest_version = 150000;
constexpr std::int64_t many_transactions = 1'000'000;
constexpr seconds lease_slack{2};
constexpr seconds recent{3600};

std::string duration(seconds span) {
    const auto count = span.count();
    if (count < 120) {
        return fmt::format("{} s", count);
    }
    return count < 7200 ? fmt::format("{} min", count / 60) : fmt::format("{} h", count / 3600);
}

bool has_role(const database::InspectionRepository::FleetHost& host, std::string_view role) {
    return ("," + host.roles + ",").find("," + std::string(role) + ",") != std::string::npos;
}

std::string label(const database::InspectionRepository::FleetHost& host) {
    return fmt::format("host {} ({}, {})", host.host_id, host.name, host.roles);
}

Finding holder_finding(const database::InspectionRepository::Holder& holder) {
    const std::string meaning =
        "VACUUM cannot remove rows that died since, so the tables of the step path grow and slow "
        "down";
    const auto age = holder.age ? " for " + duration(*holder.age) : "";
    if (holder.kind == "prepared") {
        return {
            "prepared-transaction",
            Severity::error,
            "the prepared transaction " + holder.who + " is open" + age,
            meaning,
            "end it: COMMIT PREPARED or ROLLBACK PREPARED with its name"
        };
    }
    if (holder.kind == "slot") {
        return {
            "replication-slot",
            Severity::warning,
            fmt::format(
                "the replication slot {} is {} transactions behind", holder.who, holder.transactions
            ),
            meaning + "; a slot that nobody reads also keeps all WAL on the disk",
            "let its reader catch up, or drop it: SELECT pg_drop_replication_slot(NAME)"
        };
    }
    return {
        "long-transaction",
        Severity::warning,
        holder.who + " has a transaction open" + age,
        meaning,
        "end it: SELECT pg_terminate_backend(PID); and set idle_in_transaction_session_timeout"
    };
}

}  // namespace

std::string_view to_string(Severity severity) noexcept {
    switch (severity) {
        case Severity::note: return "note";
        case Severity::warning: return "warning";
        case Severity::error: return "error";
    }
    return "error";
}

Findings diagnose_clock(const ClockReading& reading) {
    Findings findings;
    // The server's time is from some moment in between: only what lies outside is a difference.
    const auto ahead = reading.server - reading.after;
    const auto behind = reading.before - reading.server;
    const auto skew = std::max(ahead, behind);
    if (skew >= noticeable_skew) {
        findings.push_back(
            {"clock-skew",
             Severity::warning,
             fmt::format(
                 "the server's clock is {} ms {} this machine's",
                 skew.count(),
                 ahead > behind ? "ahead of" : "behind"
             ),
             "only the database's clock decides anything, but times in logs do not agree with it, "
             "and tokens seem expired or not yet valid",
             "let both machines follow a time server (chrony or systemd-timesyncd)"}
        );
    }
    const auto trip = reading.after - reading.before;
    if (trip >= slow_answer) {
        findings.push_back(
            {"slow-database",
             Severity::warning,
             fmt::format("the server took {} ms for its time", trip.count()),
             "each batch of steps waits for one such answer: latency of a step is at least that",
             "bring hosts and server nearer to each other, or look for load on either"}
        );
    }
    return findings;
}

Findings diagnose_server(const database::InspectionRepository::Server& server) {
    Findings findings;
    const auto add = [&](const char* id,
                         Severity severity,
                         std::string what,
                         const char* meaning,
                         const char* fix) {
        findings.push_back({id, severity, std::move(what), meaning, fix});
    };
    if (server.version < oldest_version) {
        add("old-server",
            Severity::error,
            fmt::format("the server is PostgreSQL {}", server.version / 10000),
            "hosts are made for and tested with PostgreSQL 15 and newer",
            "upgrade the server");
    }
    if (server.standby) {
        add("standby",
            Severity::error,
            "the server is a standby, which takes no writes",
            "no host can work on it",
            "name the primary, or both with ?target_session_attrs=read-write");
    }
    if (!server.autovacuum) {
        add("autovacuum-off",
            Severity::error,
            "autovacuum is off",
            "rows that died stay, and the step path slows down without end",
            "ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf()");
    }
    if (!server.fsync || server.synchronous_commit == "off") {
        add("not-durable",
            Severity::warning,
            server.fsync ? std::string("synchronous_commit is off") : std::string("fsync is off"),
            "a crash of the server forgets results of steps that were reported as complete",
            "set fsync and synchronous_commit to on, unless that is meant");
    }
    if (server.connections * 10 >= std::int64_t{server.most_connections} * 9) {
        add("connections",
            Severity::warning,
            fmt::format(
                "{} of {} connections are in use", server.connections, server.most_connections
            ),
            "the next host, or one that reconnects, is refused",
            "raise max_connections, or put a pooler in front for what needs no session");
    }
    return findings;
}

Findings diagnose_schema(const std::vector<std::string>& pending, const std::string& drift) {
    if (!drift.empty()) {
        return {
            {"schema-drift",
             Severity::error,
             drift,
             "this build and the schema do not belong together; hosts of this build do not start",
             "use the build that the schema is from, or restore the schema"}
        };
    }
    if (pending.empty()) {
        return {};
    }
    return {
        {"schema-pending",
         Severity::error,
         fmt::format("migrations were not applied: {}", fmt::join(pending, ", ")),
         "functions and tables that hosts call are missing, among them those of PGMQ",
         "tenon db migrate, or start a host, which does the same"}
    };
}

Findings diagnose_pooler(bool keeps_sessions, bool has_direct_url) {
    if (keeps_sessions) {
        return {};
    }
    return {
        {"pooler",
         has_direct_url ? Severity::note : Severity::error,
         "a pooler in transaction mode is in front of the database",
         has_direct_url ? "what needs a session of its own goes past it"
                        : "presence, LISTEN and the step path need sessions; hosts do not start",
         has_direct_url ? "nothing" : "give the server's own address as --direct-url"}
    };
}

Findings diagnose_tables(const std::vector<database::InspectionRepository::Table>& tables) {
    Findings findings;
    for (const auto& table : tables) {
        if (table.dead < many_dead_rows || table.dead < table.live) {
            continue;
        }
        findings.push_back(
            {"bloat",
             Severity::warning,
             fmt::format(
                 "{} has {} dead rows beside {} live ones, {}",
                 table.relation,
                 table.dead,
                 table.live,
                 table.vacuumed ? "vacuumed " + duration(*table.vacuumed) + " ago"
                                : "never vacuumed"
             ),
             "every look at the table reads the dead rows too",
             fmt::format(
                 "see whether something holds VACUUM back (below), then: VACUUM {}", table.relation
             )}
        );
    }
    return findings;
}

Findings diagnose_holders(const std::vector<database::InspectionRepository::Holder>& holders) {
    Findings findings;
    for (const auto& holder : holders) {
        const bool unread = holder.who.find("nobody reads it") != std::string::npos;
        if (holder.kind != "slot" || unread || holder.transactions >= many_transactions) {
            findings.push_back(holder_finding(holder));
        }
    }
    return findings;
}

Findings diagnose_hosts(const std::vector<database::InspectionRepository::FleetHost>& hosts) {
    Findings findings;
    std::set<std::string> versions;
    bool orchestration = false;
    bool worker = false;
    for (const auto& host : hosts) {
        if (host.state == "lost" && host.beat < recent) {
            findings.push_back(
                {"lost-host",
                 Severity::warning,
                 label(host) + " was lost " + duration(host.beat) + " ago",
                 "it died or was cut off; its steps went to others, each with one attempt used",
                 "look into its log and its crash file"}
            );
        }
        if (host.state != "live") {
            continue;
        }
        if (host.overdue > lease_slack) {
            findings.push_back(
                {"unreachable-host",
                 Severity::error,
                 fmt::format(
                     "{} gave no sign of life for {} and holds {} steps",
                     label(host),
                     duration(host.beat),
                     host.held
                 ),
                 "no host has the duty of rescue, or it cannot reach the database: these steps "
                 "wait",
                 "start a host; it rescues them within a second"}
            );
            continue;
        }
        versions.insert(host.version);
        orchestration = orchestration || has_role(host, "orchestration");
        worker = worker || has_role(host, "worker");
    }
    const auto missing = [&](bool there, const char* role, const char* meaning) {
        if (!there) {
            findings.push_back(
                {fmt::format("no-{}", role),
                 Severity::error,
                 fmt::format("no live host has the role {}", role),
                 meaning,
                 fmt::format("start one: tenon host --role {}", role)}
            );
        }
    };
    missing(orchestration, "orchestration", "nobody retries, finishes or accepts tasks over HTTP");
    missing(worker, "worker", "no step runs");
    if (versions.size() > 1 || (versions.size() == 1 && *versions.begin() != version)) {
        findings.push_back(
            {"mixed-versions",
             Severity::note,
             fmt::format(
                 "live hosts are of version {}, this program of {}",
                 fmt::join(versions, " and "),
                 version
             ),
             "fine while a fleet is being upgraded, and no state to stay in",
             "bring all to the same version"}
        );
    }
    return findings;
}

Findings diagnose_callables(const std::vector<std::string>& unresolved, const std::string& url) {
    Findings findings;
    for (const auto& sentence : unresolved) {
        findings.push_back(
            {"unresolved-callable",
             Severity::warning,
             url + " cannot run " + sentence,
             "such steps wait for a host that can run them; if there is none, they wait for ever",
             "load the plugin there, or correct the template; tenon plugin check names both"}
        );
    }
    return findings;
}

}  // namespace tenon::app
