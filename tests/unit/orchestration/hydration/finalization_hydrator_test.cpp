#include "orchestration/hydration/finalization_hydrator.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tenon::orchestration {
namespace {

const std::string task = "0192f0c1-7a5b-7c3d-8e9f-123456780000";

Result<TaskId> hydrate(const std::string& text) {
    return FinalizationHydrator{}.hydrate({.id = 1, .read_count = 1, .text = text});
}

TEST(FinalizationHydrator, ReadsTheTask) {
    for (const std::string& more : std::vector<std::string>{
             "",
             R"(,"correlation_id":"0192f0c1-7a5b-7c3d-8e9f-123456789abc")",
             R"(,"step_uuid":null)",
             R"(,"step_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780001")",
         }) {
        EXPECT_EQ(hydrate(R"({"task_uuid":")" + task + "\"" + more + "}").value().to_string(), task)
            << more;
    }
}

TEST(FinalizationHydrator, RefusesWithASentence) {
    for (const auto& [text, sentence] : std::vector<std::pair<std::string, std::string>>{
             {"{}", "'task_uuid' is missing in the message; it is required"},
             {"\"x\"", "the message must be a JSON object, not \"x\""},
             {R"({"task_uuid":"x"})",
              "'task_uuid' of the message must be a UUID such as "
              "0192f0c1-7a5b-7c3d-8e9f-123456780000, not \"x\""},
             {R"({"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780001"})",
              "'task_uuid' 0192f0c1-7a5b-7c3d-8e9f-123456780001 is not the UUID of a task, which "
              "ends in 0000; is it a step's?"},
             {R"({"task_uuid":")" + task +
                  R"(","step_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456790001"})",
              "'step_uuid' 0192f0c1-7a5b-7c3d-8e9f-123456790001 is not a step of task " + task},
             {R"({"task_uuid":")" + task + R"(","state":"complete"})",
              "unknown member 'state' in the message; the known ones are task_uuid, step_uuid, "
              "correlation_id"},
         }) {
        const auto result = hydrate(text);
        EXPECT_EQ(result ? "(accepted)" : result.error().detail, sentence) << text;
    }
}

}  // namespace
}  // namespace tenon::orchestration
