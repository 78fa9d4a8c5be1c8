#include "app/terminal/task_changes.hpp"

#include "unit/app/terminal/sample_task.hpp"

#include <gtest/gtest.h>

namespace tenon::app {
namespace {

using namespace testing;

std::vector<std::string> lines(const TaskView* before, const TaskView& after) {
    std::vector<std::string> lines;
    for (const auto& change : changes_between(before, after)) {
        lines.push_back(change_line(after, change, at("01.250000")));
    }
    return lines;
}

TEST(TaskChanges, BeginWithWhatIsNoLongerPending) {
    EXPECT_EQ(
        lines(nullptr, tree_under_way()),
        (std::vector<std::string>{
            "   1.25 s  tree_root          complete  1.23 ms  36",
            "   1.25 s  tree_branch_left   in_progress",
            "   1.25 s  tree_branch_right  waiting_for_retry  attempt 2 of 3  42 ms  LOCKED: the "
            "price list is locked",
            "   1.25 s  task               steps_in_process  1 of 4 steps complete"
        })
    );
}

TEST(TaskChanges, AreOnlyWhatChanged) {
    const auto before = tree_under_way();
    auto after = before;
    EXPECT_TRUE(changes_between(&before, after).empty());

    after.steps[2].attempts = 3;
    ASSERT_EQ(changes_between(&before, after).size(), 1U);
    EXPECT_EQ(changes_between(&before, after)[0].step, &after.steps[2]);

    const auto end = tree_complete();
    const auto changes = changes_between(&before, end);
    ASSERT_EQ(changes.size(), 4U);
    EXPECT_EQ(changes[0].step->name, "tree_branch_left");
    EXPECT_EQ(changes[3].step, nullptr);
}

TEST(TaskChanges, AreJsonObjectsWithTheResultAsItIs) {
    const auto task = tree_complete();
    const auto changes = changes_between(nullptr, task);

    EXPECT_EQ(
        change_json(task, changes[2]),
        R"({"event":"step","task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000","step_no":3,)"
        R"("name":"tree_branch_right","state":"complete","attempts":1,"result":{"a":[1,2]}})"
    );
    EXPECT_EQ(
        change_json(task, changes[4]),
        R"({"event":"task","task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000",)"
        R"("status":"complete"})"
    );
    const auto under_way = tree_under_way();
    EXPECT_EQ(
        change_json(under_way, changes_between(nullptr, under_way)[2]),
        R"({"event":"step","task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000","step_no":3,)"
        R"("name":"tree_branch_right","state":"waiting_for_retry","attempts":2,)"
        R"("error":{"message":"the price list is locked"}})"
    );
}

TEST(TaskChanges, EndWithTheWholeDocument) {
    auto task = tree_complete();
    task.document_json = R"({"whole":true})";
    EXPECT_EQ(
        end_json(task),
        R"({"event":"end","task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000",)"
        R"("status":"complete","task":{"whole":true}})"
    );
}

}  // namespace
}  // namespace tenon::app
