// What the operators' commands print and how they exit, apart from the host.

#include "app/commands/operations/answer.hpp"
#include "app/commands/operations/maintenance_commands.hpp"
#include "app/commands/operations/task_advice.hpp"
#include "app/commands/operations/task_operations.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace tenon::app {
namespace {

using namespace std::chrono_literals;

TEST(DrawTable, AlignsColumnsAndCutsTheLast) {
    EXPECT_EQ(
        draw_table({{"a", "bb", "the last"}, {"long", "c", "x"}, {"é", "", ""}}, 80),
        (std::vector<std::string>{"a     bb  the last", "long  c   x", "é"})
    );
    EXPECT_EQ(
        draw_table({{"a", "a sentence that does not fit"}}, 20),
        (std::vector<std::string>{"a  a sentence tha..."})
    );
    EXPECT_TRUE(draw_table({}, 80).empty());
}

TEST(TextOf, IsForPeople) {
    const std::string text =
        R"({"s":"a\nb","n":1.10,"z":null,"at":"2026-01-31T12:00:00.123456Z","o":{"x" : 1}})";
    const auto json = parse_answer(text);
    EXPECT_EQ(text_of(json, "s"), "a b");
    EXPECT_EQ(text_of(json, "n"), "1.10");
    EXPECT_EQ(text_of(json, "z"), "");
    EXPECT_EQ(text_of(json, "none"), "");
    EXPECT_EQ(text_of(json, "o"), R"({"x":1})");
    EXPECT_EQ(time_of(json, "at"), "2026-01-31 12:00:00");
    EXPECT_EQ(time_of(json, "s"), "a b");
}

TEST(ParseSpan, ReadsDaysHoursMinutesAndSeconds) {
    EXPECT_EQ(parse_span("30d"), 30 * 24h);
    EXPECT_EQ(parse_span("12h"), 12h);
    EXPECT_EQ(parse_span("90m"), 90min);
    EXPECT_EQ(parse_span("45s"), 45s);
    EXPECT_EQ(parse_span("0d"), 0s);
    for (const std::string text :
         {"", "d", "30", "-1d", "1.5h", "30 d", "30days", "99999999999999999999d", "9999999999d"}) {
        try {
            parse_span(text);
            ADD_FAILURE() << text;
        } catch (const CommandFailure& failure) {
            EXPECT_EQ(failure.exit_code(), ExitCode::usage);
            EXPECT_EQ(
                std::string(failure.what()),
                "'" + text + "' is no span of time; write it as 30d, 12h, 90m or 45s"
            );
        }
    }
}

TEST(SizeLines, ShowBytesForPeopleAndTheirSum) {
    const std::vector<database::MaintenanceRepository::Size> sizes{
        {.relation = "tasks", .period = "", .rows = 12, .bytes = 8192, .dead = 3},
        {.relation = "tasks_history", .period = "20260131t0000", .rows = 5, .bytes = 3 << 20},
    };
    EXPECT_EQ(
        size_lines(sizes, 80),
        (std::vector<std::string>{
            "table          period         rows  dead  size",
            "tasks                         12    3     8.0 kB",
            "tasks_history  20260131t0000  5     0     3.0 MB",
            "3.0 MB in all",
        })
    );
    EXPECT_EQ(
        size_json(sizes),
        R"([{"relation":"tasks","period":null,"rows":12,"bytes":8192,"dead":3},)"
        R"({"relation":"tasks_history","period":"20260131t0000","rows":5,)"
        R"("bytes":3145728,"dead":0}])"
    );
}

TaskView task_with(std::string status, std::vector<std::string> step_states) {
    TaskView task;
    task.task_uuid = "UUID";
    task.status = std::move(status);
    for (auto& state : step_states) {
        StepView step;
        step.name = "step_" + std::to_string(task.steps.size() + 1);
        step.state = std::move(state);
        task.steps.push_back(std::move(step));
    }
    return task;
}

TEST(AdviceFor, NamesTheStepOrRedrivesAll) {
    using Lines = std::vector<std::string>;
    EXPECT_EQ(
        advice_for(task_with("blocked_by_failures", {"complete", "error", "pending"})),
        (Lines{
            "blocked: step 'step_2' failed for good; once the cause is gone:",
            "tenon task reset-step UUID step_2 --reason WHY"
        })
    );
    EXPECT_EQ(
        advice_for(task_with("blocked_by_failures", {"error", "error"})),
        (Lines{
            "blocked: 2 steps failed for good, 'step_1' first; once the cause is gone:",
            "tenon dlq redrive UUID --reason WHY"
        })
    );
    EXPECT_EQ(
        advice_for(task_with("error", {"error"})),
        (Lines{
            "ended in error: step 'step_1' failed for good; once the cause is gone:",
            "tenon dlq redrive UUID --reason WHY"
        })
    );
    for (const auto* status : {"complete", "cancelled", "steps_in_process", "waiting_for_retry"}) {
        EXPECT_TRUE(advice_for(task_with(status, {"error"})).empty()) << status;
    }
    EXPECT_TRUE(advice_for(task_with("error", {"complete"})).empty());
}

TEST(TaskOperations, RefuseWhatNoHostNeedsToSee) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    const TaskConsole console{.in = in, .out = out, .err = err, .traits = [] {
                                  return TerminalTraits{};
                              }};
    const std::string uuid = "0192f0c1-7a5b-7c3d-8e9f-123456780000";
    EXPECT_EQ(cancel_task({.task_uuid = "../x"}, console), ExitCode::usage);
    EXPECT_EQ(repair_step({.task_uuid = uuid, .step = "a/b"}, console), ExitCode::usage);
    EXPECT_EQ(repair_step({.task_uuid = uuid, .step = ""}, console), ExitCode::usage);
    EXPECT_EQ(
        repair_step(
            {.task_uuid = uuid, .step = "s", .action = StepAction::complete_manually, .result = "{"
            },
            console
        ),
        ExitCode::usage
    );
    EXPECT_EQ(out.str(), "");
    EXPECT_EQ(
        err.str(),
        "tenon: '../x' is not the UUID of a task; it looks like "
        "0192f0c1-7a5b-7c3d-8e9f-123456780000\n"
        "tenon: 'a/b' is not the name of a step, which has letters, digits, '_', '-' and '.'\n"
        "tenon: '' is not the name of a step, which has letters, digits, '_', '-' and '.'\n"
        "tenon: the result is not valid JSON: invalid JSON at byte 1: expected a key in double "
        "quotes\n"
    );
}

}  // namespace
}  // namespace tenon::app
