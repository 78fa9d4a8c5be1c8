#include "app/commands/task_submit.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tenon::app {
namespace {

std::string body_of(const TaskSubmitOptions& options, const std::string& standard_input = {}) {
    std::istringstream in(standard_input);
    try {
        return submission_body(options, in);
    } catch (const CommandFailure& failure) {
        EXPECT_EQ(failure.exit_code(), ExitCode::usage);
        return failure.what();
    }
}

TEST(SubmissionBody, CarriesEveryOption) {
    EXPECT_EQ(
        body_of(
            {.target = "linear/sequence@1.2.0",
             .input = R"( {"n": 100000000000000000000} )",
             .priority = -5,
             .tags = {"a", "b\"c"},
             .reason = "why",
             .initiator = "ada",
             .idempotency_key = "order \"42\""}
        ),
        R"({"namespace":"linear","name":"sequence","source_system":"cli","priority":-5,)"
        R"("tags":["a","b\"c"],"version":"1.2.0","reason":"why","initiator":"ada",)"
        R"("idempotency_key":"order \"42\"","context":{"n": 100000000000000000000}})"
    );
}

TEST(SubmissionBody, LeavesOutWhatWasNotGiven) {
    EXPECT_EQ(
        body_of({.target = "n/t"}),
        R"({"namespace":"n","name":"t","source_system":"cli","priority":0,"tags":[],"context":{}})"
    );
}

TEST(SubmissionBody, ReadsTheInputFromTheStandardInputOrAFile) {
    EXPECT_NE(
        body_of({.target = "n/t", .input = "-"}, "{\"from\":\"stdin\"}\n")
            .find(R"("context":{"from":"stdin"}})"),
        std::string::npos
    );

    const auto file = std::filesystem::temp_directory_path() /
                      ("tenon_submit_" + std::to_string(::getpid()) + ".json");
    std::ofstream(file) << "{\"from\":\"file\"}";
    EXPECT_NE(
        body_of({.target = "n/t", .input = "@" + file.string()})
            .find(R"("context":{"from":"file"}})"),
        std::string::npos
    );
    std::filesystem::remove(file);
    EXPECT_EQ(
        body_of({.target = "n/t", .input = "@" + file.string()}),
        "cannot read the input file '" + file.string() + "'; name one that exists and is readable"
    );
}

TEST(SubmissionBody, RefusesTargetsThatNameNoTemplate) {
    for (const std::string target : {"", "n", "n/", "/t", "n/t@", "n/@1", "n@1", "@"}) {
        EXPECT_EQ(
            body_of({.target = target}),
            "'" + target +
                "' does not name a template; write it as NAMESPACE/NAME or NAMESPACE/NAME@VERSION"
        );
    }
}

TEST(SubmissionBody, RefusesInputThatIsNoObject) {
    EXPECT_EQ(
        body_of({.target = "n/t", .input = "[1]"}),
        "the input is a JSON array; give an object, such as '{\"even_number\": 6}'"
    );
    EXPECT_EQ(
        body_of({.target = "n/t", .input = "{oops}"}).rfind("the input is not valid JSON: ", 0), 0U
    );
    EXPECT_EQ(
        body_of({.target = "n/t", .input = ""}).rfind("the input is not valid JSON: ", 0), 0U
    );
    EXPECT_EQ(
        body_of({.target = "n/t", .input = "-"}, std::string(9U << 20U, ' ')),
        "the input is larger than 8388608 bytes"
    );
}

}  // namespace
}  // namespace tenon::app
