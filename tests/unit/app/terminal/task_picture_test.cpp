#include "app/terminal/task_picture.hpp"

#include "app/terminal/display_text.hpp"
#include "unit/app/terminal/sample_task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::app {
namespace {

using namespace testing;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

std::string draw(const TaskView& task, const PictureOptions& options) {
    std::string picture = "\n";
    for (const auto& line : draw_task(task, options)) {
        EXPECT_LE(display_width(line), options.traits.columns) << line;
        picture += line + '\n';
    }
    return picture;
}

PictureOptions unicode(std::size_t columns = 80) {
    return {.traits = {.unicode = true, .columns = columns}, .now = at("01.250000")};
}

TEST(DrawTask, ShowsHowFarAStepSaysItIs) {
    auto task = tree_under_way();
    task.steps[1].progress = "40 % row 400 of 1000";
    EXPECT_THAT(draw(task, unicode()), HasSubstr("750 ms  40 % row 400 of"));
}

TEST(DrawTask, ShowsATaskUnderWay) {
    EXPECT_EQ(draw(tree_under_way(), unicode()), R"(
tree_workflow/hierarchical_tree 1.0.0                           steps_in_process
0192f0c1-7a5b-7c3d-8e9f-123456780000

  ✔ tree_root            complete           1/3   1.23 ms  36
  ● ├ tree_branch_left   in_progress        1/3    750 ms
  ↻ └ tree_branch_right  waiting_for_retry  2/3     42 ms
    ↳ LOCKED: the price list is locked
  ○   └ tree_end         pending                           after tree_branch_le…

  ━━━━━━━━━━──────────────────────────────   25 %  1 of 4 steps  1.25 s
)");
}

TEST(DrawTask, ShowsACompleteTaskWithTheResultThatFoundNoRoom) {
    EXPECT_EQ(draw(tree_complete(), unicode()), R"(
tree_workflow/hierarchical_tree 1.0.0                                   complete
0192f0c1-7a5b-7c3d-8e9f-123456780000  · priority 5  · demo  · night

  ✔ tree_root            complete  1/3   1.23 ms  36
  ✔ ├ tree_branch_left   complete  1/3   2.47 ms  1296
  ✔ └ tree_branch_right  complete  1/3   3.70 ms  {"a":[1,2]}
  ✔   └ tree_end         complete  1/3   4.94 ms  "6334028666297327770616228694…

  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  100 %  4 of 4 steps  2.34 s

  tree_end
  "63340286662973277706162286946811886609896461828096"
)");
}

TEST(DrawTask, DoesWithoutUnicode) {
    const PictureOptions ascii{.traits = {.columns = 60}, .now = at("01.250000")};
    EXPECT_EQ(draw(tree_under_way(), ascii), R"(
tree_workflow/hierarchical_tree 1.0.0       steps_in_process
0192f0c1-7a5b-7c3d-8e9f-123456780000

  + tree_root            complete           36
  * |-tree_branch_left   in_progress
  ~ `-tree_branch_right  waiting_for_retry
    > LOCKED: the price list is locked
  .   `-tree_end         pending            after tree_br...

  #######......................   25 %  1 of 4 steps  1.25 s
)");
}

TEST(DrawTask, FitsNarrowAndWideTerminals) {
    for (const std::size_t columns : {40U, 57U, 120U, 200U}) {
        draw(tree_under_way(), unicode(columns));  // Checks the width of every line.
        draw(tree_complete(), unicode(columns));
    }
}

TEST(DrawTask, ColoursStatesOnlyWhereColoursAreUnderstood) {
    auto options = unicode();
    EXPECT_THAT(draw_task(tree_under_way(), options), Each(Not(HasSubstr("\x1b"))));

    options.traits.colour = true;
    const auto lines = draw_task(tree_under_way(), options);
    EXPECT_THAT(lines[3], HasSubstr("\x1b[32m✔\x1b[0m tree_root"));
    EXPECT_THAT(lines[4], HasSubstr("\x1b[36min_progress"));
    EXPECT_THAT(lines[5], HasSubstr("\x1b[33m2/3\x1b[0m"));
}

TEST(DrawTask, TurnsTheMarkOfARunningStep) {
    auto options = unicode();
    options.frame = 1;
    EXPECT_THAT(draw_task(tree_under_way(), options)[4], HasSubstr("⠙ ├ tree_branch_left"));
    options.frame = 2;
    EXPECT_THAT(draw_task(tree_under_way(), options)[4], HasSubstr("⠹ ├ tree_branch_left"));
}

TEST(DrawTask, KeepsWithinTheRowsAndShowsWhatMovesFirst) {
    auto task = tree_under_way();
    task.steps.clear();
    for (int i = 1; i <= 100; ++i) {
        task.steps.push_back(complete(i, "done_" + std::to_string(i), i, "1"));
    }
    task.steps[49].state = "in_progress";
    task.steps[69].state = "error";
    task.steps.push_back(step(101, "to_come", 101, "pending"));
    auto options = unicode();
    options.rows = 12;

    const auto lines = draw_task(task, options);

    EXPECT_EQ(lines.size(), 11U);
    EXPECT_THAT(lines[3], HasSubstr("done_50 "));
    EXPECT_THAT(lines[4], HasSubstr("done_70 "));
    EXPECT_THAT(lines[5], HasSubstr("done_98 "));
    EXPECT_THAT(lines[7], HasSubstr("done_100"));
    EXPECT_THAT(lines[8], HasSubstr("96 more steps are not shown"));
}

TEST(DrawTask, WrapsAnErrorAndGivesUpAfterFourLines) {
    auto task = tree_under_way();
    task.steps[2].error->message = std::string(500, 'x');

    const auto lines = draw_task(task, unicode());

    EXPECT_THAT(lines[6], HasSubstr("↳ LOCKED:"));
    EXPECT_THAT(lines[9], HasSubstr("x…"));
    EXPECT_THAT(lines[10], HasSubstr("tree_end"));
}

TEST(DrawTask, LetsNothingReachTheTerminalThatItWouldObey) {
    auto task = tree_complete();
    task.steps[0].result_json = "\"\xC2\x9B[2J\"";  // The one-character form of ESC [.
    EXPECT_THAT(draw(task, unicode()), Not(HasSubstr("\xC2\x9B")));
}

TEST(DrawTask, DrawsATaskWithoutSteps) {
    TaskView task;
    task.task_uuid = "0192f0c1-7a5b-7c3d-8e9f-123456780000";
    task.status = "complete";
    EXPECT_THAT(draw(task, unicode()), HasSubstr("100 %  0 of 0 steps"));
}

}  // namespace
}  // namespace tenon::app
