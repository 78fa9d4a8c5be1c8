// Tasks that a plain SQL client submits within a transaction of its own.

#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

namespace tenon::testing {
namespace {

using ::testing::IsEmpty;

class Submission : public DatabaseTest {
protected:
    std::unique_ptr<HostProcess> host_ =
        start_host({.database_url = conninfo(), .templates = HostProcess::example_templates()});
    const ExampleWorkflow& linear_ = example_workflows().front();
};

TEST_F(Submission, LeavesNothingWhenItsTransactionRollsBack) {
    SqlSession client(conninfo());
    client.exec("BEGIN");
    const auto task = submit_task(client, linear_);
    EXPECT_EQ(task_state(client, task), "steps_in_process");
    client.exec("ROLLBACK");

    // A later task goes all the way through the same queue: the first one cannot still be coming.
    const auto later = submit_task(sql(), linear_);
    EXPECT_TRUE(eventually([&] { return task_state(sql(), later) == "complete"; }));
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.tasks"), "1");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.workflow_steps"), "4");
    EXPECT_EQ(
        sql().value(
            "SELECT count(*) FROM tenon.workflow_step_transitions WHERE task_uuid = $1", {task}
        ),
        "0"
    );
    EXPECT_EQ(sql().value("SELECT count(*) FROM pgmq.q_linear_workflow_queue"), "0");
}

TEST_F(Submission, RunsWithTheRestOfItsTransactionOnceCommitted) {
    SqlSession client(conninfo());
    client.exec("CREATE TABLE public.orders (task_uuid uuid)");
    client.exec("BEGIN");
    const auto task = submit_task(client, linear_);
    client.rows("INSERT INTO public.orders VALUES ($1)", {task});
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.tasks"), "0") << "nobody sees it yet";
    client.exec("COMMIT");

    EXPECT_TRUE(eventually([&] { return task_state(sql(), task) == "complete"; }));
    EXPECT_EQ(step_results(sql(), task), linear_.results);
    EXPECT_EQ(sql().value("SELECT task_uuid FROM public.orders"), task);
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

TEST_F(Submission, IsFoundByPollingWhenItDoesNotRing) {
    const auto task = sql().value(
        "SELECT tenon.submit('linear_workflow', 'mathematical_sequence', '{\"even_number\": 6}', "
        "ring => false)"
    );
    EXPECT_TRUE(eventually([&] { return task_state(sql(), task) == "complete"; }));
}

TEST_F(Submission, OfManyTasksEndsInAsManyResults) {
    constexpr int count = 200;
    submit_burst(sql(), count);
    EXPECT_TRUE(eventually([&] { return open_tasks(sql()) == 0; }));
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.tasks"), std::to_string(3 * count));
    EXPECT_THAT(wrong_results(sql()), IsEmpty());
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
}

}  // namespace
}  // namespace tenon::testing
