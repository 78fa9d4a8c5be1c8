#include "database/repositories/task_repository.hpp"
#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tenon {
namespace {

using nlohmann::json;
using testing::failed;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using testing::succeeded;
using testing::TestHost;

constexpr auto instant = R"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z)";

class DocumentsTest : public testing::StepPathTest {
protected:
    TestHost host{conninfo()};

    std::string text_of(TaskId task) {
        return database::TaskRepository(pool()).document(task).value();
    }

    json document(TaskId task) { return json::parse(text_of(task)); }
};

TEST_F(DocumentsTest, ATaskUnderWay) {
    enroll(testing::diamond());
    const auto task = TaskId::parse(sql().value(
        "SELECT tenon.submit('steps', 'diamond', '{\"n\":  6}', priority => 7, initiator => 'me', "
        "source_system => 'test', reason => 'why not', tags => '{a,b}')"
    ));
    host.settle({succeeded(host.claim(1).at(0), R"({"big": 12345678901234567890123})")}, 1);
    const auto text = text_of(task);
    EXPECT_THAT(text, HasSubstr(R"({"n":  6})")) << "the context is passed on as it was given";
    EXPECT_THAT(text, HasSubstr(R"({"big": 12345678901234567890123})"));

    const auto found = json::parse(text);
    EXPECT_EQ(found.at("task_uuid"), task.to_string());
    EXPECT_EQ(found.at("correlation_id"), task.to_string());
    EXPECT_EQ(found.at("namespace"), "steps");
    EXPECT_EQ(found.at("name"), "diamond");
    EXPECT_EQ(found.at("version"), "1.0.0");
    EXPECT_EQ(found.at("status"), "steps_in_process");
    EXPECT_EQ(found.at("execution_status"), "processing");
    EXPECT_EQ(found.at("priority"), 7);
    EXPECT_EQ(found.at("initiator"), "me");
    EXPECT_EQ(found.at("source_system"), "test");
    EXPECT_EQ(found.at("reason"), "why not");
    EXPECT_EQ(found.at("tags"), json::array({"a", "b"}));
    EXPECT_EQ(found.at("parent_correlation_id"), nullptr);
    EXPECT_THAT(found.at("created_at").get<std::string>(), MatchesRegex(instant));
    EXPECT_EQ(found.at("completed_at"), nullptr);
    EXPECT_EQ(found.at("total_steps"), 4);
    EXPECT_EQ(found.at("completed_steps"), 1);
    EXPECT_EQ(found.at("in_progress_steps"), 1);
    EXPECT_EQ(found.at("enqueued_steps"), 1);
    EXPECT_EQ(found.at("pending_steps"), 1);
    EXPECT_EQ(found.at("waiting_steps"), 0);
    EXPECT_EQ(found.at("failed_steps"), 0);
    EXPECT_EQ(found.at("completion_percentage"), 25.0);
}

TEST_F(DocumentsTest, EachStepInTheOrderOfItsNumber) {
    enroll(testing::diamond());
    const auto task = submit("diamond");
    host.settle({succeeded(host.claim(1).at(0), "36")}, 1);
    const auto steps = document(task).at("steps");
    ASSERT_EQ(steps.size(), 4U);
    EXPECT_EQ(steps[0].at("name"), "top");
    EXPECT_EQ(steps[0].at("callable"), "test::top");
    EXPECT_EQ(steps[0].at("step_uuid"), step_id(task, 1).to_string());
    EXPECT_EQ(steps[0].at("state"), "complete");
    EXPECT_EQ(steps[0].at("result"), 36);
    EXPECT_EQ(steps[0].at("error"), nullptr);
    EXPECT_EQ(steps[0].at("attempts"), 1);
    EXPECT_EQ(steps[0].at("max_attempts"), 3);
    EXPECT_EQ(steps[0].at("execution_ms"), 0.25);
    EXPECT_THAT(steps[0].at("settled_at").get<std::string>(), MatchesRegex(instant));
    EXPECT_EQ(steps[3].at("step_no"), 4);
    EXPECT_EQ(steps[3].at("level"), steps[1].at("level").get<int>() + 1);
    EXPECT_EQ(steps[3].at("dependencies"), json::array({"left", "right"}));
    EXPECT_EQ(steps[3].at("started_at"), nullptr);
    EXPECT_EQ(steps[3].at("result"), nullptr);
}

TEST_F(DocumentsTest, ACompleteTask) {
    enroll(testing::chain(3));
    const auto task = submit("chain");
    EXPECT_EQ(host.work_off(), 3U);
    const auto found = document(task);
    EXPECT_EQ(found.at("status"), "complete");
    EXPECT_EQ(found.at("execution_status"), "all_complete");
    EXPECT_EQ(found.at("completion_percentage"), 100.0);
    EXPECT_THAT(found.at("completed_at").get<std::string>(), MatchesRegex(instant));
    EXPECT_EQ(found.at("updated_at"), found.at("completed_at"));
}

TEST_F(DocumentsTest, ATaskThatIsBlockedTellsWhy) {
    enroll(testing::workflow("once", {testing::restless("fragile", 1)}));
    const auto task = submit("once");
    host.settle({failed(host.claim(1).at(0), testing::ordinary_failure())});
    const auto found = document(task);
    EXPECT_EQ(found.at("status"), "blocked_by_failures");
    EXPECT_EQ(found.at("execution_status"), "blocked_by_failures");
    EXPECT_EQ(found.at("failed_steps"), 1);
    EXPECT_EQ(found.at("completed_at"), nullptr);
    EXPECT_EQ(found.at("steps")[0].at("error").at("message"), "the teapot is empty");
    EXPECT_EQ(found.at("steps")[0].at("error").at("error_code"), "TEAPOT");
}

TEST_F(DocumentsTest, AStepThatSucceedsInTheEndForgetsItsFailure) {
    enroll(testing::workflow("twice", {testing::restless("fragile", 2)}));
    const auto task = submit("twice");
    host.settle({failed(host.claim(1).at(0), testing::ordinary_failure())});
    EXPECT_EQ(document(task).at("waiting_steps"), 1);
    ASSERT_EQ(release_all(), "1");
    host.work_off();
    EXPECT_EQ(document(task).at("steps")[0].at("error"), nullptr);
    EXPECT_EQ(document(task).at("steps")[0].at("attempts"), 2);
}

TEST_F(DocumentsTest, ThereIsNoneForAnUnknownTask) {
    const auto unknown = TaskId::parse("0190b5a0-0000-7000-8000-000000000000");
    EXPECT_FALSE(database::TaskRepository(pool()).document(unknown));
}

}  // namespace
}  // namespace tenon
