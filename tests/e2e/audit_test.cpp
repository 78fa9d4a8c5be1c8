// The audit that every other test relies on would notice.

#include "support/audit.hpp"

#include "support/host_process.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

namespace tenon::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Audit : public DatabaseTest {
protected:
    Audit() {
        const auto host =
            start_host({.database_url = conninfo(), .templates = HostProcess::example_templates()});
        submit_burst(sql(), 2);
        EXPECT_TRUE(eventually([&] { return open_tasks(sql()) == 0; })) << host->log();
    }

    /// What the audit says while `change` is made.
    std::vector<std::string> violations_after(const std::string& change) {
        sql().exec("BEGIN");
        sql().exec(change);
        auto violations = audit_violations(sql());
        sql().exec("ROLLBACK");
        return violations;
    }
};

TEST_F(Audit, FindsNothingAfterAnOrderlyRun) {
    EXPECT_THAT(audit_violations(sql()), IsEmpty());
    EXPECT_THAT(wrong_results(sql()), IsEmpty());
}

TEST_F(Audit, SeesEveryBreach) {
    const std::string step = "tenon.workflow_step_transitions";
    const std::vector<std::pair<std::string, std::string>> breaches{
        {"DELETE FROM " + step + " WHERE to_state = 'in_progress'", "leaves in_progress, but was"},
        {"INSERT INTO " + step + " SELECT * FROM " + step + " WHERE to_state = 'complete'",
         "was completed 2 times"},
        {"UPDATE " + step + " SET via = '{pending}' WHERE to_state = 'complete'",
         " → pending → complete"},
        {"UPDATE " + step + " SET attempt = 2 WHERE to_state = 'complete'", "notes attempt 2, not 1"
        },
        {"UPDATE tenon.workflow_steps SET state = 'error'", "is error, but its chain ends in"},
        {"UPDATE tenon.workflow_steps SET attempts = 3", "has 3 attempts, its chain 1"},
        {"UPDATE tenon.workflow_steps SET waiting_on = -1", "waits on -1"},
        {"UPDATE tenon.tasks SET waiting_on = 1", "is complete and waits on 1"},
        {"DELETE FROM tenon.task_transitions", "is complete, but its chain ends in pending"},
        {"UPDATE tenon.task_transitions SET via = '{error}' WHERE to_state = 'complete'",
         "steps_in_process → error → complete"},
    };
    for (const auto& [change, sentence] : breaches) {
        EXPECT_THAT(violations_after(change), Contains(HasSubstr(sentence))) << change;
    }
}

TEST_F(Audit, SeesAWrongResult) {
    sql().exec("UPDATE tenon.workflow_steps SET result = '70' WHERE result::text = '69'");
    EXPECT_THAT(
        wrong_results(sql()), Contains(HasSubstr("linear_step_4 of 69 has 70 in 2 tasks, such as"))
    );
}

}  // namespace
}  // namespace tenon::testing
