#pragma once

#include "database/connection.hpp"

#include <cstdint>
#include <string>

namespace tenon::database {

/// Fills a database with tasks as if hosts had been at work for long, on a connection of its own.
/// One thread at a time. [pool]
class BacklogRepository {
public:
    static constexpr auto namespace_name = "bench_backlog";

    /// `template_name`: a chain in the namespace of the backlog. Throws Exception(not_found).
    BacklogRepository(const std::string& conninfo, const std::string& template_name);

    /// Makes the periods of the days before the first one.
    void make_periods(std::int32_t days);

    /// Open tasks whose second step waits for its next attempt.
    void fill_retrying(std::int32_t tasks);

    /// Open tasks on the queue of their namespace.
    void fill_queued(std::int32_t tasks);

    /// Tasks in history, evenly from `days_ago` on, within `days`.
    void fill_history(std::int32_t tasks, double days_ago, double days);

    /// Tasks that completed a while ago and did not go to history yet.
    void fill_recent(std::int32_t tasks);

    /// Vacuums, analyses and writes out: the server is at rest then.
    void settle_down();

private:
    Connection connection_;
    std::int32_t template_id_;
};

}  // namespace tenon::database
