#include "orchestration/hydration/task_request_hydrator.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tenon::orchestration {
namespace {

Result<TaskRequest> hydrate(const std::string& text) {
    return TaskRequestHydrator{}.hydrate({.id = 1, .read_count = 1, .text = text});
}

std::string refusal_of(const std::string& text) {
    const auto request = hydrate(text);
    if (request) {
        return "(accepted)";
    }
    EXPECT_EQ(request.error().code, ErrorCode::invalid_input);
    return request.error().detail;
}

TEST(TaskRequestHydrator, ReadsABareRequest) {
    const auto request = hydrate(R"({"namespace":"n","name":"t","context":{"a":1.10},"priority":7,)"
                                 R"("idempotency_key":"k"})")
                             .value();
    EXPECT_EQ(request.namespace_name, "n");
    EXPECT_EQ(request.name, "t");
    EXPECT_EQ(request.context_json, R"({"a":1.10})");
    EXPECT_EQ(request.priority, 7);
    EXPECT_EQ(request.idempotency_key, "k");
    EXPECT_EQ(request.initiator, "system");
}

TEST(TaskRequestHydrator, ReadsARequestInItsEnvelope) {
    const auto request =
        hydrate(R"({"request_id":"r-1","task_request":{"namespace":"n","name":"t","tags":["a"]},)"
                R"("metadata":{"requested_at":"2026-01-31T12:00:00Z","requester":"ada",)"
                R"("priority":-5,"custom":{"x":[1]}}})")
            .value();
    EXPECT_EQ(request.name, "t");
    EXPECT_EQ(request.tags, std::vector<std::string>{"a"});
    EXPECT_EQ(request.initiator, "ada");
    EXPECT_EQ(request.priority, -5);
}

TEST(TaskRequestHydrator, LetsTheRequestSpeakBeforeItsMetadata) {
    const auto request =
        hydrate(R"({"task_request":{"namespace":"n","name":"t","initiator":"bob","priority":3},)"
                R"("metadata":{"requester":"ada","priority":9}})")
            .value();
    EXPECT_EQ(request.initiator, "bob");
    EXPECT_EQ(request.priority, 3);
}

TEST(TaskRequestHydrator, TakesAnEnvelopeWithoutMetadata) {
    const auto request =
        hydrate(R"({"task_request":{"namespace":"n","name":"t"},"metadata":null})").value();
    EXPECT_EQ(request.priority, 0);
    EXPECT_EQ(request.initiator, "system");
}

TEST(TaskRequestHydrator, RefusesWithASentence) {
    for (const auto& [text, sentence] : std::vector<std::pair<std::string, std::string>>{
             {"[1]", "the message must be a JSON object, such as {\"namespace\":…,\"name\":…}"},
             {"{}", "field 'namespace' is missing; it is required"},
             {R"({"namespace":"n"})", "field 'name' is missing; it is required"},
             {R"({"namespace":"n","name":"t","priority":101})",
              "field 'priority' must be an integer from -100 to 100, not 101"},
             {R"({"namespace":"n","name":"t","context":[1]})",
              "field 'context' must be a JSON object, not [1]"},
             {R"({"task_request":null})",
              "the member 'task_request' is null; it must be a JSON object"},
             {R"({"task_request":"t"})",
              "the member 'task_request' must be a JSON object, such as "
              "{\"namespace\":…,\"name\":…}"},
             {R"({"task_request":{"namespace":"n","name":""}})",
              "field 'name' must be a string of 1 to 255 bytes, not \"\""},
             {R"({"task_request":{},"task_request":{}})",
              "'task_request' is given twice in the message; give it once"},
             {R"({"task_request":{},"requst_id":"x"})",
              "unknown member 'requst_id' in the message (did you mean 'request_id'?); the known "
              "ones are request_id, task_request, metadata"},
             {R"({"task_request":{},"request_id":7})",
              "'request_id' of the message must be a string, not 7"},
             {R"({"task_request":{},"metadata":[]})", "the metadata must be a JSON object, not []"},
             {R"({"task_request":{},"metadata":{"priority":"high"}})",
              "'priority' of the metadata must be an integer from -100 to 100, not \"high\""},
             {R"({"task_request":{},"metadata":{"priority":-101}})",
              "'priority' of the metadata must be an integer from -100 to 100, not -101"},
             {R"({"task_request":{},"metadata":{"requester":")" + std::string(256, 'x') + "\"}}",
              "'requester' of the metadata must be a string of at most 255 bytes, not a string of "
              "258 bytes"},
         }) {
        EXPECT_EQ(refusal_of(text), sentence) << text.substr(0, 100);
    }
}

TEST(TaskRequestHydrator, RefusesWhatIsNotUsableAsJson) {
    for (const std::string& text : std::vector<std::string>{
             "",
             "{",
             "\xff\xfe",
             R"({"namespace":"n","name":"a\u0000b"})",
             R"({"namespace":"n","name":"t","context":{"a":)" + std::string(500, '[') +
                 std::string(500, ']') + "}}",
         }) {
        EXPECT_EQ(refusal_of(text).rfind("the message is not usable as JSON: ", 0), 0U) << text;
    }
}

}  // namespace
}  // namespace tenon::orchestration
