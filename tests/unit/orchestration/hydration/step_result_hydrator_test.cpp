#include "orchestration/hydration/step_result_hydrator.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tenon::orchestration {
namespace {

const std::string task = "0192f0c1-7a5b-7c3d-8e9f-123456780000";
const std::string ids = R"("task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000",)"
                        R"("step_uuid":"0192f0c1-7a5b-7c3d-8e9f-12345678002a",)"
                        R"("correlation_id":"0192f0c1-7a5b-7c3d-8e9f-123456789abc")";

Result<StepResult> hydrate(const std::string& text) {
    return StepResultHydrator{}.hydrate({.id = 1, .read_count = 1, .text = text});
}

/// A message with good ids and `more`.
std::string with(const std::string& more) {
    return "{" + ids + "," + more + "}";
}

std::string outcome_of(const std::string& more) {
    return hydrate(with(more)).value().outcome_json;
}

std::string refusal_of(const std::string& text) {
    const auto result = hydrate(text);
    if (result) {
        return "(accepted)";
    }
    EXPECT_EQ(result.error().code, ErrorCode::invalid_input);
    return result.error().detail;
}

TEST(StepResultHydrator, ReadsIdsWithoutAnOutcome) {
    const auto result = hydrate("{" + ids + "}").value();
    EXPECT_EQ(result.task.to_string(), task);
    EXPECT_EQ(result.step_no, 42);
    EXPECT_EQ(result.outcome_json, "");
}

TEST(StepResultHydrator, NeedsNoCorrelationId) {
    const auto result = hydrate(
        R"({"step_uuid":"0192f0c1-7a5b-7c3d-8e9f-12345678ffff","task_uuid":")" + task + "\"}"
    );
    EXPECT_EQ(result.value().step_no, 65535);
}

TEST(StepResultHydrator, KeepsAResultToTheLastDigit) {
    EXPECT_EQ(
        outcome_of(
            R"("status":"completed","result":{"n":63340286662973277706162286946811,"x":1.10})"
        ),
        R"({"status":"completed","result":{"n":63340286662973277706162286946811,"x":1.10}})"
    );
}

TEST(StepResultHydrator, TakesEveryWayToSaySuccess) {
    const std::string expected = R"({"status":"completed","result":7})";
    EXPECT_EQ(outcome_of(R"("status":"completed","result":7)"), expected);
    EXPECT_EQ(outcome_of(R"("success":true,"result":7)"), expected);
    EXPECT_EQ(outcome_of(R"("success":true,"status":"completed","result":7)"), expected);
    EXPECT_EQ(outcome_of(R"("success":true,"error":null,"status":null,"result":7)"), expected);
    EXPECT_EQ(outcome_of(R"("status":"completed")"), R"({"status":"completed","result":null})");
}

TEST(StepResultHydrator, KeepsOfAFailureWhatItKnowsAndNothingElse) {
    EXPECT_EQ(
        outcome_of(
            R"("status":"failed","metadata":{"worker_id":"w","retryable":true},"error":{)"
            R"("message":"odd \"input\"","error_type":"Permanent","error_code":"VALIDATION",)"
            R"("retryable":false,"retry_after_ms":0,"backtrace":["a","b"],"status_code":422,)"
            R"("context":{"field":"n"}})"
        ),
        R"({"status":"failed","error":{"message":"odd \"input\"","error_type":"Permanent",)"
        R"("error_code":"VALIDATION","retryable":false,"retry_after_ms":0,)"
        R"("context":{"field":"n"}}})"
    );
}

TEST(StepResultHydrator, TakesEveryWayToSayFailure) {
    const std::string expected = R"({"status":"failed","error":{"message":"no"}})";
    for (const std::string said :
         {R"("status":"failed")",
          R"("status":"error")",
          R"("success":false)",
          R"("success":false,"status":"failed")"}) {
        EXPECT_EQ(outcome_of(said + R"(,"error":{"message":"no"})"), expected) << said;
    }
}

TEST(StepResultHydrator, TakesRetryabilityFromTheMetadataWhenTheErrorIsSilent) {
    EXPECT_EQ(
        outcome_of(R"("success":false,"metadata":{"retryable":true},"error":{"message":"no"})"),
        R"({"status":"failed","error":{"message":"no","retryable":true}})"
    );
}

TEST(StepResultHydrator, PassesOnWhichAttemptAnOutcomeIsOf) {
    EXPECT_EQ(
        outcome_of(R"("status":"completed","result":7,"attempt":2)"),
        R"({"status":"completed","result":7,"attempt":2})"
    );
    EXPECT_EQ(outcome_of(R"("attempt":2)"), "") << "the row knows its attempt";
    EXPECT_EQ(
        outcome_of(R"("status":"completed","attempt":null)"),
        R"({"status":"completed","result":null})"
    );
    for (const std::string attempt : {"0", "-1", "1.5", "1000001", "\"2\"", "[2]"}) {
        EXPECT_EQ(
            refusal_of(with(R"("status":"completed","attempt":)" + attempt)),
            "'attempt' of the message must be an integer from 1 to 1000000, not " + attempt
        );
    }
}

TEST(StepResultHydrator, RefusesWhatIsNoObject) {
    for (const auto& [text, sentence] : std::vector<std::pair<std::string, std::string>>{
             {"7", "the message must be a JSON object, not 7"},
             {"null", "the message must be a JSON object, not null"},
             {"[]", "the message must be a JSON object, not []"},
             {"\"" + std::string(100, 'x') + "\"",
              "the message must be a JSON object, not a string of 102 bytes"},
         }) {
        EXPECT_EQ(refusal_of(text), sentence);
    }
}

TEST(StepResultHydrator, RefusesWhatIsNotUsableAsJson) {
    const auto deep = std::string(200, '[') + std::string(200, ']');
    for (const std::string& text : std::vector<std::string>{
             "",
             "{",
             "{" + ids,
             "{'a':1}",
             "\xff",
             with("\"status\":\"completed\",\"result\":\"\xc0\xaf\""),
             with(R"("status":"completed","result":"a\u0000b")"),
             with(R"("status":"completed","result":"\ud800")"),
             with(R"("status":"completed","result":)" + deep),
             with(R"("status":"completed","result":")" + std::string(9UL << 20, 'x') + "\""),
         }) {
        EXPECT_EQ(refusal_of(text).rfind("the message is not usable as JSON: ", 0), 0U)
            << text.substr(0, 80) << " → " << refusal_of(text);
    }
}

TEST(StepResultHydrator, RefusesIdsThatAreNone) {
    const std::string step = R"("step_uuid":"0192f0c1-7a5b-7c3d-8e9f-12345678002a")";
    for (const auto& [text, sentence] : std::vector<std::pair<std::string, std::string>>{
             {"{}", "'task_uuid' is missing in the message; it is required"},
             {"{" + step + "}", "'task_uuid' is missing in the message; it is required"},
             {R"({"task_uuid":null,)" + step + "}",
              "'task_uuid' is missing in the message; it is required"},
             {R"({"task_uuid":7,)" + step + "}",
              "'task_uuid' of the message must be a UUID such as "
              "0192f0c1-7a5b-7c3d-8e9f-123456780000, not 7"},
             {R"({"task_uuid":"0192f0c17a5b7c3d8e9f123456780000",)" + step + "}",
              "'task_uuid' of the message must be a UUID such as "
              "0192f0c1-7a5b-7c3d-8e9f-123456780000, not \"0192f0c17a5b7c3d8e9f123456780000\""},
             {R"({"task_uuid":")" + task + "\"}",
              "'step_uuid' is missing in the message; it is required"},
             {R"({"task_uuid":")" + task + R"(","step_uuid":"'; DROP TABLE tenon.tasks; --"})",
              "'step_uuid' of the message must be a UUID such as "
              "0192f0c1-7a5b-7c3d-8e9f-123456780000, not \"'; DROP TABLE tenon.tasks; --\""},
             {R"({"task_uuid":")" + task + R"(","step_uuid":")" + task + "\"}",
              "'step_uuid' " + task + " is the UUID of a task, not of a step of it"},
             {R"({"task_uuid":")" + task +
                  R"(","step_uuid":"0192f0c1-7a5b-7c3d-8e9f-12345679002a"})",
              "'step_uuid' 0192f0c1-7a5b-7c3d-8e9f-12345679002a is not a step of task " + task},
             {R"({"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-12345678002a",)" + step + "}",
              "'task_uuid' 0192f0c1-7a5b-7c3d-8e9f-12345678002a is not the UUID of a task, which "
              "ends in 0000; is it a step's?"},
             {"{" + ids + R"(,"task_uuid":")" + task + "\"}",
              "'task_uuid' is given twice in the message; give it once"},
         }) {
        EXPECT_EQ(refusal_of(text), sentence) << text;
    }
}

TEST(StepResultHydrator, RefusesAnOutcomeThatSaysNothingClear) {
    for (const auto& [more, sentence] : std::vector<std::pair<std::string, std::string>>{
             {R"("status":"done")",
              "'status' of the message must be \"completed\" or \"failed\", not \"done\""},
             {R"("status":"")",
              "'status' of the message must be \"completed\" or \"failed\", not \"\""},
             {R"("status":true)", "'status' of the message must be a string, not true"},
             {R"("success":"yes")", "'success' of the message must be true or false, not \"yes\""},
             {R"("success":1)", "'success' of the message must be true or false, not 1"},
             {R"("success":true,"status":"failed")",
              "'success' true contradicts 'status' \"failed\"; give one of them"},
             {R"("success":false,"status":"completed")",
              "'success' false contradicts 'status' \"completed\"; give one of them"},
             {R"("result":5)",
              "'status' is missing in the message; with a result or an error it must be "
              "\"completed\" or \"failed\""},
             {R"("error":{"message":"m"})",
              "'status' is missing in the message; with a result or an error it must be "
              "\"completed\" or \"failed\""},
             {R"("status":"completed","error":{"message":"m"})",
              "'error' is given although the status is \"completed\"; leave it out"},
             {R"("statsu":"completed")",
              "unknown member 'statsu' in the message (did you mean 'status'?); the known ones are "
              "task_uuid, step_uuid, correlation_id, attempt, status, success, result, error, "
              "events, metadata, orchestration_metadata"},
             {R"("status":"completed","events":5)",
              "'events' of the message must be a list of at most 64 events and 262144 bytes, not "
              "5"},
             {R"("events":[])", "'events' is given without an outcome; add the status of the step"},
             {R"("status":"completed","events":[{"name":"Paid"}])",
              "'name' of an event must be such as payment.charged but is 'Paid'"},
             {R"("status":"completed","events":[{"payload":1}])",
              "'name' of an event must be such as payment.charged but is ''"},
         }) {
        EXPECT_EQ(refusal_of(with(more)), sentence) << more;
    }
}

TEST(StepResultHydrator, RefusesAFailureThatSaysNothing) {
    for (const auto& [error, sentence] : std::vector<std::pair<std::string, std::string>>{
             {"null", "'error' is missing in the message; a failed step needs one"},
             {"\"boom\"", "the member 'error' must be a JSON object, not \"boom\""},
             {"{}", "'message' is missing in the member 'error'; say what went wrong"},
             {R"({"message":5})", "'message' of the member 'error' must be a string, not 5"},
             {R"({"message":")" + std::string(20000, 'x') + "\"}",
              "'message' of the member 'error' must be a string of at most 16384 bytes, not a "
              "string of 20002 bytes"},
             {R"({"message":"m","message":"n"})",
              "'message' is given twice in the member 'error'; give it once"},
             {R"({"message":"m","error_type":[]})",
              "'error_type' of the member 'error' must be a string, not []"},
             {R"({"message":"m","error_code":")" + std::string(256, 'x') + "\"}",
              "'error_code' of the member 'error' must be a string of at most 255 bytes, not a "
              "string of 258 bytes"},
             {R"({"message":"m","retryable":"no"})",
              "'retryable' of the member 'error' must be true or false, not \"no\""},
             {R"({"message":"m","retry_after_ms":-1})",
              "'retry_after_ms' of the member 'error' must be an integer from 0 to 2592000000, not "
              "-1"},
             {R"({"message":"m","retry_after_ms":1e3})",
              "'retry_after_ms' of the member 'error' must be an integer from 0 to 2592000000, not "
              "1e3"},
             {R"({"message":"m","retry_after_ms":2592000001})",
              "'retry_after_ms' of the member 'error' must be an integer from 0 to 2592000000, not "
              "2592000001"},
             {R"({"message":"m","context":"c"})",
              "'context' of the member 'error' must be a JSON object of at most 65536 bytes, not "
              "\"c\""},
             {R"({"message":"m","context":{"x":")" + std::string(70000, 'x') + "\"}}",
              "'context' of the member 'error' must be a JSON object of at most 65536 bytes, not "
              "an object of 70008 bytes"},
         }) {
        EXPECT_EQ(refusal_of(with(R"("status":"failed","error":)" + error)), sentence)
            << error.substr(0, 80);
    }
    EXPECT_EQ(
        refusal_of(with(R"("success":false,"metadata":7,"error":{"message":"m"})")),
        "the metadata must be a JSON object, not 7"
    );
}

TEST(StepResultHydrator, NamesAHostileMemberWithoutRepeatingAllOfIt) {
    const auto sentence = refusal_of(with("\"" + std::string(5000, 'm') + "\":1"));
    EXPECT_EQ(sentence.rfind("unknown member '" + std::string(60, 'm') + "' in the message", 0), 0U)
        << sentence;
}

}  // namespace
}  // namespace tenon::orchestration
