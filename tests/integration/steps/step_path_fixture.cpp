#include "step_path_fixture.hpp"

#include "database/repositories/template_repository.hpp"
#include "domain/step/step_state_machine.hpp"
#include "domain/task/task_state_machine.hpp"
#include "domain/template/compiled_template.hpp"

#include <fstream>
#include <sstream>

namespace tenon::testing {
namespace {

template <class State, class Parse>
std::size_t expect_legal(SqlSession& sql, const std::string& table, Parse parse) {
    const auto paths = sql.rows(
        "SELECT DISTINCT from_state, array_to_string(via, ' '), to_state FROM tenon." + table
    );
    for (const auto& path : paths) {
        std::vector<State> via;
        std::istringstream words(path[1].value_or(""));
        for (std::string word; words >> word;) {
            via.push_back(parse(word).value());
        }
        EXPECT_TRUE(is_legal_path(parse(*path[0]), via, parse(*path[2]).value()))
            << table << ": " << *path[0] << " → " << path[1].value_or("") << " → " << *path[2];
    }
    return paths.size();
}

}  // namespace

TemplateId StepPathTest::enroll(const TaskTemplate& source) {
    return database::TemplateRepository(pool_)
        .register_template(registration_json(compile(source).value()))
        .id;
}

TaskId StepPathTest::submit(const std::string& name, const std::string& context) {
    return TaskId::parse(sql().value(
        "SELECT tenon.submit($1, $2, $3::json, ring => false)", {test_namespace, name, context}
    ));
}

std::vector<TaskId> StepPathTest::submit_many(const std::string& name, std::size_t count) {
    std::vector<TaskId> tasks;
    const auto rows = sql().rows(
        "SELECT unnest(tenon.submit_batch($1, $2, array_fill('{}'::json, ARRAY[$3::integer]), "
        "ring => false))",
        {test_namespace, name, std::to_string(count)}
    );
    for (const auto& row : rows) {
        tasks.push_back(TaskId::parse(row.front().value()));
    }
    return tasks;
}

std::string StepPathTest::task_state(TaskId task) {
    return of_task(task, "t.state");
}

std::string StepPathTest::step_states(TaskId task) {
    return sql().value(
        "SELECT string_agg(state::text, ' ' ORDER BY step_no) "
        "FROM tenon.workflow_steps WHERE task_uuid = $1",
        {task.to_string()}
    );
}

std::string StepPathTest::of_step(TaskId task, StepNo step_no, const std::string& expression) {
    return sql().value(
        "SELECT " + expression +
            " FROM tenon.workflow_steps AS s WHERE task_uuid = $1 AND step_no = $2",
        {task.to_string(), std::to_string(step_no)}
    );
}

std::string StepPathTest::of_task(TaskId task, const std::string& expression) {
    return sql().value(
        "SELECT " + expression + " FROM tenon.tasks AS t WHERE task_uuid = $1", {task.to_string()}
    );
}

std::string StepPathTest::queued() {
    return sql().value("SELECT count(*) FROM pgmq.q_steps_queue");
}

std::string StepPathTest::everything() {
    return sql().value(
        "SELECT concat("
        "(SELECT json_agg(s ORDER BY s.task_uuid, s.step_no) FROM tenon.workflow_steps AS s),"
        "(SELECT json_agg(t ORDER BY t.task_uuid) FROM tenon.tasks AS t),"
        "(SELECT count(*) FROM tenon.workflow_step_transitions),"
        "(SELECT count(*) FROM tenon.task_transitions),"
        "(SELECT json_agg(d ORDER BY d.task_uuid, d.step_no) FROM tenon.due AS d),"
        "(SELECT json_agg(q ORDER BY q.msg_id) FROM pgmq.q_steps_queue AS q))"
    );
}

std::string StepPathTest::release_all() {
    sql().exec("UPDATE tenon.due SET due_at = clock_timestamp()");
    return sql().value("SELECT released FROM tenon.release_due(1000)");
}

std::pair<std::size_t, std::size_t> StepPathTest::expect_legal_transitions() {
    return {
        expect_legal<StepState>(sql(), "workflow_step_transitions", parse_step_state),
        expect_legal<TaskState>(sql(), "task_transitions", parse_task_state)
    };
}

// The lock that the host's connections share is free when the last of them is gone.
std::chrono::duration<double> StepPathTest::cpu_of(int backend) {
    std::ifstream file("/proc/" + std::to_string(backend) + "/schedstat");
    double nanoseconds = 0;
    file >> nanoseconds;
    return std::chrono::duration<double, std::nano>(nanoseconds);
}

void StepPathTest::await_death(const TestHost& host) {
    sql().exec(
        "SELECT pg_advisory_lock(tenon.host_lock_class(), " + host.number() + ");" +
        "SELECT pg_advisory_unlock(tenon.host_lock_class(), " + host.number() + ")"
    );
}

}  // namespace tenon::testing
