#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace tenon {
namespace {

using testing::chain;
using ::testing::HasSubstr;
using testing::StatementRefused;

class SubmissionTest : public testing::StepPathTest {
protected:
    /// SQLSTATE and message of what the server has against `statement`.
    std::string refusal_of(const std::string& statement) {
        try {
            sql().rows(statement);
        } catch (const StatementRefused& refused) {
            return refused.sqlstate() + " " + refused.what();
        }
        return "accepted";
    }
};

TEST_F(SubmissionTest, TaskIdsAreVersion7EndInZeroAndSortByTime) {
    enroll(chain(1));
    const auto before = std::chrono::system_clock::now();
    std::vector<TaskId> tasks;
    for (int i = 0; i < 50; ++i) {
        tasks.push_back(submit("chain"));
    }
    const auto after = std::chrono::system_clock::now();
    EXPECT_TRUE(std::ranges::is_sorted(tasks));
    EXPECT_EQ(std::ranges::adjacent_find(tasks), tasks.end());
    const auto milliseconds = [](auto time) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch())
            .count();
    };
    for (const auto& task : tasks) {
        const auto& id = task.value();
        EXPECT_EQ(id.data[6] >> 4, 7);
        EXPECT_EQ(id.variant(), boost::uuids::uuid::variant_rfc_4122);
        EXPECT_EQ(id.data[14], 0);
        EXPECT_EQ(id.data[15], 0);
        std::int64_t at = 0;
        std::for_each_n(id.begin(), 6, [&](auto byte) { at = at * 256 + byte; });
        EXPECT_GE(at, milliseconds(before));
        EXPECT_LE(at, milliseconds(after));
    }
}

TEST_F(SubmissionTest, StepIdsAreTheSameInSqlAndInCpp) {
    const auto task =
        TaskId::parse(sql().value("SELECT (tenon.new_task_uuids(clock_timestamp(), 1))[1]"));
    for (const StepNo number :
         {StepNo(1), StepNo(255), StepNo(256), StepNo(40000), StepNo(65535)}) {
        const auto step = step_id(task, number);
        EXPECT_EQ(
            sql().value(
                "SELECT tenon.step_uuid($1, $2)", {task.to_string(), std::to_string(number)}
            ),
            step.to_string()
        );
        EXPECT_EQ(
            sql().value("SELECT tenon.task_of_step($1)", {step.to_string()}),
            task_of(step).to_string()
        );
        EXPECT_EQ(
            sql().value("SELECT tenon.step_no_of_step($1)", {step.to_string()}),
            std::to_string(step_no_of(step))
        );
        EXPECT_EQ(task_of(step), task);
        EXPECT_EQ(step_no_of(step), number);
    }
}

TEST_F(SubmissionTest, WritesTaskStepsAuditAndMessagesAtOnce) {
    enroll(testing::diamond());
    const auto task = submit("diamond", R"({"n": 6})");
    EXPECT_EQ(task_state(task), "steps_in_process");
    EXPECT_EQ(step_states(task), "enqueued pending pending pending");
    EXPECT_EQ(of_task(task, "concat(waiting_on, context)"), R"(1{"n": 6})");
    EXPECT_EQ(of_step(task, 4, "concat(waiting_on, successors)"), "2");
    EXPECT_EQ(of_step(task, 1, "concat(waiting_on, successors)"), "0{2,3}");
    EXPECT_EQ(
        sql().value("SELECT message - 'step_uuid' FROM pgmq.q_steps_queue"),
        R"({"task_uuid": ")" + task.to_string() + R"(", "correlation_id": ")" + task.to_string() +
            R"("})"
    );
    EXPECT_EQ(
        sql().value("SELECT message ->> 'step_uuid' FROM pgmq.q_steps_queue"),
        step_id(task, 1).to_string()
    );
}

TEST_F(SubmissionTest, ARolledBackSubmissionLeavesNothing) {
    enroll(chain(2));
    sql().exec("BEGIN");
    submit("chain");
    sql().exec("ROLLBACK");
    EXPECT_EQ(queued(), "0");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.workflow_steps"), "0");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.task_transitions"), "0");
}

TEST_F(SubmissionTest, ABatchKeepsTheOrderOfItsContexts) {
    enroll(chain(2));
    const auto contexts = sql().rows(
        "WITH b AS (SELECT tenon.submit_batch('steps', 'chain', "
        "(SELECT array_agg(json_build_object('n', n) ORDER BY n) FROM generate_series(1, 200) n)) "
        "u)"
        "SELECT u.n FROM b, unnest(b.u) WITH ORDINALITY AS u (task, n)"
    );
    EXPECT_EQ(contexts.size(), 200U);
    EXPECT_EQ(
        sql().value(
            "SELECT bool_and((context ->> 'n')::integer = n) FROM "
            "(SELECT context, row_number() OVER (ORDER BY task_uuid) AS n FROM tenon.tasks) AS t"
        ),
        "t"
    );
    EXPECT_EQ(queued(), "200");
    EXPECT_EQ(sql().value("SELECT tenon.submit_batch('steps', 'chain', '{}')"), "{}");
}

TEST_F(SubmissionTest, TheNewestVersionRunsUnlessOneIsNamed) {
    auto source = chain(1);
    for (const auto* version : {"1.9.0", "1.10.0", "1.2.0"}) {
        source.version = version;
        enroll(source);
    }
    const auto version_of = [this](const std::string& uuid) {
        return sql().value(
            "SELECT version FROM tenon.tasks JOIN tenon.task_templates USING (template_id) "
            "WHERE task_uuid = $1",
            {uuid}
        );
    };
    EXPECT_EQ(version_of(sql().value("SELECT tenon.submit('steps', 'chain')")), "1.10.0");
    EXPECT_EQ(
        version_of(sql().value("SELECT tenon.submit('steps', 'chain', version => '1.2.0')")),
        "1.2.0"
    );
}

TEST_F(SubmissionTest, RefusesWhatIsNotKnownOrOutOfRange) {
    enroll(chain(1));
    EXPECT_THAT(refusal_of("SELECT tenon.submit('nowhere', 'chain')"), HasSubstr("TN404"));
    EXPECT_THAT(
        refusal_of("SELECT tenon.submit('steps', 'rope')"),
        AllOf(HasSubstr("TN404"), HasSubstr("steps/rope"), HasSubstr("chain@1.0.0"))
    );
    EXPECT_THAT(
        refusal_of("SELECT tenon.submit('steps', 'chain', version => '9.9.9')"),
        AllOf(HasSubstr("TN404"), HasSubstr("steps/chain@9.9.9"))
    );
    for (const auto* priority : {"-101", "101", "40000"}) {
        EXPECT_THAT(
            refusal_of(
                std::string("SELECT tenon.submit('steps', 'chain', priority => ") + priority + ")"
            ),
            AllOf(HasSubstr("TN400"), HasSubstr(priority), HasSubstr("-100 to 100"))
        );
    }
    for (const auto* context : {"'[]'", "'6'", "'null'", "NULL"}) {
        EXPECT_THAT(
            refusal_of(std::string("SELECT tenon.submit('steps', 'chain', ") + context + ")"),
            AllOf(HasSubstr("TN400"), HasSubstr("not a JSON object"))
        );
    }
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.tasks"), "0");
    EXPECT_EQ(refusal_of("SELECT tenon.submit('steps', 'chain', priority => -100)"), "accepted");
    EXPECT_EQ(refusal_of("SELECT tenon.submit('steps', 'chain', priority => 100)"), "accepted");
}

TEST_F(SubmissionTest, AContextThatViolatesTheSchemaIsRefusedWithItsPlace) {
    auto source = chain(1);
    source.input_schema_json =
        R"({"type": "object", "required": ["order"], "properties": {"order": {"type": "object",
            "properties": {"lines": {"type": "array", "items": {"type": "integer"}}}}}})";
    enroll(source);
    const auto submit_order = [](const std::string& order) {
        return "SELECT tenon.submit('steps', 'chain', '" + order + "')";
    };
    EXPECT_THAT(
        refusal_of(submit_order(R"({"order": {"lines": [1, "two"]}})")),
        AllOf(HasSubstr("TN400"), HasSubstr("steps/chain@1.0.0"), HasSubstr("/order/lines/1"))
    );
    EXPECT_THAT(refusal_of(submit_order("{}")), AllOf(HasSubstr("TN400"), HasSubstr("order")));
    EXPECT_EQ(refusal_of(submit_order(R"({"order": {"lines": [1, 2]}})")), "accepted");
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.tasks"), "1");
}

TEST_F(SubmissionTest, OneBadContextSpoilsItsWholeBatch) {
    enroll(chain(1));
    EXPECT_THAT(
        refusal_of("SELECT tenon.submit_batch('steps', 'chain', ARRAY['{}', '7']::json[])"),
        HasSubstr("TN400")
    );
    EXPECT_EQ(queued(), "0");
}

TEST_F(SubmissionTest, NamesAreDataWhateverTheyContain) {
    enroll(chain(1));
    const std::string hostile = R"(x'); DROP TABLE tenon.tasks; -- " \ %I $1)";
    EXPECT_THROW(sql().rows("SELECT tenon.submit($1, $2)", {hostile, "chain"}), StatementRefused);
    EXPECT_THROW(
        sql().rows("SELECT tenon.submit('steps', $1, version => $2)", {"chain", hostile}),
        StatementRefused
    );
    sql().rows(
        "SELECT tenon.submit('steps', 'chain', initiator => $1, reason => $1, tags => ARRAY[$1])",
        {hostile}
    );
    EXPECT_EQ(sql().value("SELECT initiator FROM tenon.tasks"), hostile);
    EXPECT_EQ(sql().value("SELECT tags[1] FROM tenon.tasks"), hostile);

    const auto registration =
        "SELECT tenon.register_template(jsonb_build_object('namespace', $1::text, 'name', 'n', "
        "'version', '1.0.0', 'content_hash', '', 'definition', '{}'::json, 'steps', '[]'::json))";
    EXPECT_THROW(sql().rows(registration, {hostile}), StatementRefused);
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.task_namespaces"), "1");
}

}  // namespace
}  // namespace tenon
