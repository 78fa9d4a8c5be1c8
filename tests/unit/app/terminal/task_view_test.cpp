#include "app/terminal/task_view.hpp"

#include "unit/app/terminal/sample_task.hpp"

#include <gtest/gtest.h>

namespace tenon::app {
namespace {

using namespace testing;

constexpr std::string_view document = R"({
    "task_uuid": "0192f0c1-7a5b-7c3d-8e9f-123456780000", "namespace": "n", "name": "t",
    "version": "1.0.0", "status": "blocked_by_failures", "context": {"a b": 1}, "priority": -3,
    "tags": ["x", "y"], "created_at": "2026-01-31T12:00:00.000000Z", "completed_at": null,
    "brand_new": [1, 2],
    "steps": [
        {"step_no": 3, "name": "c", "state": "pending", "level": 1, "dependencies": ["a", "b"],
         "attempts": 0, "max_attempts": 3, "result": null, "error": null, "execution_ms": null},
        {"step_no": 1, "name": "a", "state": "complete", "level": 0, "dependencies": [],
         "attempts": 1, "max_attempts": 3,
         "result": 63340286662973277706162286946811886609896461828096,
         "started_at": "2026-01-31T12:00:01.000000Z", "execution_ms": 1.234},
        {"step_no": 2, "name": "b\u001b", "state": "error", "level": 0, "attempts": 3,
         "max_attempts": 3, "execution_ms": 12,
         "error": {"message": "odd", "error_type": "PermanentError", "error_code": "",
                   "retryable": false}}
    ]})";

TEST(ParseTaskView, ReadsADocumentWithoutLosingADigit) {
    const auto task = parse_task_view(document).value();

    EXPECT_EQ(task.task_uuid, "0192f0c1-7a5b-7c3d-8e9f-123456780000");
    EXPECT_EQ(task.namespace_name + "/" + task.name + " " + task.version, "n/t 1.0.0");
    EXPECT_EQ(task.status, "blocked_by_failures");
    EXPECT_EQ(task.priority, -3);
    EXPECT_EQ(task.tags, (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(task.created_at, at("00.000000"));
    EXPECT_FALSE(task.completed_at.has_value());
    ASSERT_EQ(task.steps.size(), 3U);
    EXPECT_EQ(task.steps[0].name, "a");
    EXPECT_EQ(task.steps[0].result_json, "63340286662973277706162286946811886609896461828096");
    EXPECT_EQ(task.steps[0].execution_time, std::chrono::microseconds(1234));
    EXPECT_EQ(task.steps[0].started_at, at("01.000000"));
    EXPECT_FALSE(task.steps[0].error.has_value());
    EXPECT_EQ(task.steps[1].name, "b\uFFFD");
    EXPECT_EQ(task.steps[1].error->message, "odd");
    EXPECT_EQ(task.steps[1].error->error_code, "PermanentError");
    EXPECT_EQ(task.steps[1].error->retryable, false);
    EXPECT_EQ(task.steps[1].attempts, 3);
    EXPECT_EQ(task.steps[2].dependencies, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(task.steps[2].result_json, "");
    EXPECT_EQ(task.steps[2].level, 1);
    EXPECT_EQ(task.document_json.find('\n'), std::string::npos);
    EXPECT_NE(task.document_json.find(R"("context":{"a b":1})"), std::string::npos);
}

std::string progress_of(const std::string& progress) {
    const auto text =
        R"({"task_uuid": "u", "status": "steps_in_process", "steps": [{"progress": )" + progress +
        "}]}";
    return parse_task_view(text).value().steps.at(0).progress;
}

TEST(ParseTaskView, PutsProgressIntoWords) {
    EXPECT_EQ(progress_of("null"), "");
    EXPECT_EQ(progress_of(R"({"fraction": 0.405, "message": "row 4\u001b"})"), "41 % row 4\uFFFD");
    EXPECT_EQ(progress_of(R"({"fraction": 1, "message": ""})"), "100 %");
    EXPECT_EQ(progress_of(R"({"fraction": null, "message": "busy"})"), "busy");
    EXPECT_EQ(progress_of(R"({"fraction": "x"})"), "");
}

TEST(ParseTaskView, RefusesWhatIsNoTask) {
    EXPECT_FALSE(parse_task_view("<html>").has_value());
    EXPECT_FALSE(parse_task_view("[]").has_value());
    EXPECT_FALSE(parse_task_view("{}").has_value());
}

TEST(TaskView, KnowsWhenATaskIsOverAndWhetherItWentWell) {
    struct Expected {
        std::string status;
        bool settled;
        bool success;
    };

    for (const auto& [status, settled, success] :
         {Expected{"complete", true, true},
          Expected{"resolved_manually", true, true},
          Expected{"error", true, false},
          Expected{"cancelled", true, false},
          Expected{"blocked_by_failures", true, false},
          Expected{"steps_in_process", false, false},
          Expected{"waiting_for_retry", false, false},
          Expected{"pending", false, false}}) {
        TaskView task;
        task.status = status;
        EXPECT_EQ(is_settled(task), settled) << status;
        EXPECT_EQ(is_success(task), success) << status;
    }
}

}  // namespace
}  // namespace tenon::app
