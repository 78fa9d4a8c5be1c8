#include "instrument/kill_points.hpp"

#include "instrument/plpgsql_body.hpp"

#include <array>
#include <fmt/format.h>
#include <stdexcept>

namespace tenon::testing {
namespace {

constexpr std::array callers{Caller::brain, Caller::hands, Caller::client};

/// Every PL/pgSQL function that can write. One that cannot is a pause in the statement that calls
/// it, which has its boundaries already.
constexpr auto functions =
    "SELECT p.proname, p.prosrc, pg_get_functiondef(p.oid) "
    "FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang "
    "WHERE p.pronamespace = 'tenon'::regnamespace AND l.lanname = 'plpgsql' "
    "  AND p.provolatile = 'v' ORDER BY p.proname, p.oid";

/// Advisory locks of two numbers: 61710 and the caller's index, then the point.
constexpr int lock_class = 61710;

constexpr auto foundations = R"sql(
CREATE SCHEMA fault;
CREATE FUNCTION fault.caller_class() RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT 61710 + CASE split_part(session_user, '_', 1)
                       WHEN 'brain' THEN 0 WHEN 'hands' THEN 1 ELSE 2 END
$$;
)sql";

/// Session locks, taken and given back: a lock that lasted as long as the transaction would make
/// `arm` wait for its end.
constexpr auto holding_point = R"sql(
CREATE OR REPLACE FUNCTION fault.point(number integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_lock_shared(fault.caller_class(), number);
    PERFORM pg_advisory_unlock_shared(fault.caller_class(), number);
    RETURN true;
END
$$;
)sql";

/// Sequences, because what a transaction inserts is gone when it fails.
constexpr auto counting_point = R"sql(
CREATE OR REPLACE FUNCTION fault.point(number integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval(format('fault.passings_%s_%s', fault.caller_class(), number));
    RETURN true;
END
$$;
)sql";

std::string sequence(Caller caller, int number) {
    return fmt::format("fault.passings_{}_{}", lock_class + static_cast<int>(caller), number);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    if (at == std::string::npos) {
        throw std::runtime_error("a definition does not contain its own body");
    }
    return text.replace(at, from.size(), to);
}

}  // namespace

std::string KillPoint::to_string() const {
    return fmt::format("{} #{}, line {}, after '{}'", function, ordinal, line, after);
}

std::string to_string(Caller caller) {
    constexpr std::array names{"brain", "hands", "tenon"};
    return names.at(static_cast<std::size_t>(caller));
}

KillPoints::KillPoints(SqlSession& sql) {
    sql.exec(foundations);
    sql.exec(holding_point);
    for (const auto& function : sql.rows(functions)) {
        plant(sql, function);
    }
}

void KillPoints::plant(SqlSession& sql, const TextRow& function) {
    const auto& name = function.at(0).value();
    const auto& body = function.at(1).value();
    try {
        const auto boundaries = statement_boundaries(body);
        const auto first = static_cast<int>(points_.size());
        for (const auto& boundary : boundaries) {
            const auto number = static_cast<int>(points_.size());
            points_.push_back(
                {.number = number,
                 .function = name,
                 .ordinal = number - first + 1,
                 .line = boundary.line,
                 .after = boundary.after,
                 .may_write = boundary.may_write}
            );
        }
        const auto call = [first](std::size_t i) {
            // No PERFORM: that would set FOUND, which the next statement may read.
            return fmt::format("IF fault.point({}) THEN END IF;", first + static_cast<int>(i));
        };
        sql.exec(replaced(function.at(2).value(), body, with_calls(body, boundaries, call)));
    } catch (const std::exception& error) {
        throw std::runtime_error(fmt::format("tenon.{}: {}", name, error.what()));
    }
}

void KillPoints::count(SqlSession& sql) {
    std::string sequences;
    for (const auto& point : points_) {
        for (const auto caller : callers) {
            sequences += fmt::format("CREATE SEQUENCE {};", sequence(caller, point.number));
        }
    }
    sql.exec(sequences);
    sql.exec(counting_point);
}

std::map<Caller, std::set<int>> KillPoints::end_count(SqlSession& sql) {
    sql.exec(holding_point);
    std::map<Caller, std::set<int>> passed;
    for (const auto caller : callers) {
        const auto rows = sql.rows(
            "SELECT split_part(sequencename, '_', 3) FROM pg_sequences "
            "WHERE schemaname = 'fault' AND last_value IS NOT NULL AND sequencename LIKE $1",
            {fmt::format("passings_{}_%", lock_class + static_cast<int>(caller))}
        );
        for (const auto& row : rows) {
            passed[caller].insert(std::stoi(row.front().value()));
        }
    }
    return passed;
}

void KillPoints::arm(SqlSession& sql, Caller caller, int number) {
    sql.rows(
        "SELECT pg_advisory_lock($1::integer, $2::integer)",
        {std::to_string(lock_class + static_cast<int>(caller)), std::to_string(number)}
    );
}

void KillPoints::release(SqlSession& sql) {
    sql.exec("SELECT pg_advisory_unlock_all()");
}

std::vector<int> KillPoints::held(SqlSession& sql) {
    std::vector<int> backends;
    const auto rows = sql.rows(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
        "AND classid BETWEEN 61710 AND 61712 ORDER BY waitstart"
    );
    for (const auto& row : rows) {
        backends.push_back(std::stoi(row.front().value()));
    }
    return backends;
}

}  // namespace tenon::testing
