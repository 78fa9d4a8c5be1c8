#pragma once

#include "database/connection_pool.hpp"
#include "domain/ids.hpp"
#include "domain/template/task_template.hpp"
#include "support/postgres.hpp"
#include "templates.hpp"
#include "test_host.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace tenon::testing {

/// A migrated database and the questions that tests of the step path ask of it.
class StepPathTest : public DatabaseTest {
protected:
    TemplateId enroll(const TaskTemplate& source);

    /// Submits in SQL, without waking anybody.
    TaskId submit(const std::string& name, const std::string& context = "{}");
    std::vector<TaskId> submit_many(const std::string& name, std::size_t count);

    std::string task_state(TaskId task);

    /// The states of its steps in the order of their numbers, separated by blanks.
    std::string step_states(TaskId task);

    /// One expression over the row of a step, `s`.
    std::string of_step(TaskId task, StepNo step_no, const std::string& expression);

    /// One expression over the row of a task, `t`.
    std::string of_task(TaskId task, const std::string& expression);

    /// Messages on the queue of the test namespace.
    std::string queued();

    /// Everything that a refused call must leave alone, as one text.
    std::string everything();

    /// Moves every retry to now and releases it; returns how many there were.
    std::string release_all();

    /// Holds every different (from, via, to) of both audit tables against the laws. Returns how
    /// many of steps and of tasks there are.
    std::pair<std::size_t, std::size_t> expect_legal_transitions();

    /// CPU that this backend has used, whoever else wanted it.
    static std::chrono::duration<double> cpu_of(int backend);

    /// Waits until no connection of the host is left.
    void await_death(const TestHost& host);

    database::ConnectionPool& pool() { return pool_; }

private:
    database::ConnectionPool pool_{{.conninfo = conninfo()}};
};

}  // namespace tenon::testing
