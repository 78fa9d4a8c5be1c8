#include "orchestration/hydration/task_request_fields.hpp"

#include <gtest/gtest.h>

namespace tenon::orchestration {
namespace {

constexpr std::string_view correlation = "0192f0c1-7a5b-7c3d-8e9f-123456789abc";

std::string refusal_of(std::string_view body) {
    const auto request = parse_task_request(body);
    if (request) {
        return "(accepted)";
    }
    EXPECT_EQ(request.error().code, ErrorCode::invalid_input);
    return request.error().detail;
}

/// A body with the required fields and `more`.
std::string with(std::string_view more) {
    return R"({"namespace":"n","name":"t",)" + std::string(more) + "}";
}

TEST(ParseTaskRequest, ReadsEveryField) {
    const auto request =
        parse_task_request(
            R"({"namespace":"linear_workflow","name":"mathematical_sequence","version":"1.0.0",)"
            R"("context":{ "even_number" : 6 },"initiator":"ada","source_system":"shop",)"
            R"("reason":"r\u00e9sum\u00e9","priority":-100,"tags":["a","b"],)"
            R"("correlation_id":"0192F0C1-7a5b-7c3d-8e9f-123456789abc",)"
            R"("parent_correlation_id":"0192f0c1-7a5b-7c3d-8e9f-123456789abd",)"
            R"("idempotency_key":"order-\u00e9-42"})"
        )
            .value();

    EXPECT_EQ(request.namespace_name, "linear_workflow");
    EXPECT_EQ(request.name, "mathematical_sequence");
    EXPECT_EQ(request.version, "1.0.0");
    EXPECT_EQ(request.context_json, R"({ "even_number" : 6 })");
    EXPECT_EQ(request.initiator, "ada");
    EXPECT_EQ(request.source_system, "shop");
    EXPECT_EQ(request.reason, "résumé");
    EXPECT_EQ(request.priority, -100);
    EXPECT_EQ(request.tags, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(request.correlation_id->to_string(), correlation);
    EXPECT_EQ(request.parent_correlation_id->to_string(), "0192f0c1-7a5b-7c3d-8e9f-123456789abd");
    EXPECT_EQ(request.idempotency_key, "order-é-42");
}

TEST(ParseTaskRequest, TakesDefaultsForWhatIsAbsentOrNull) {
    const TaskRequest defaults;
    for (const std::string& body :
         {std::string(R"({"name":"t","namespace":"n"})"),
          with(R"("version":null,"context":null,"initiator":null,"source_system":null,)"
               R"("reason":null,"priority":null,"tags":null,"correlation_id":null,)"
               R"("idempotency_key":null)")}) {
        const auto request = parse_task_request(body).value();
        EXPECT_EQ(request.version, "");
        EXPECT_EQ(request.context_json, "{}");
        EXPECT_EQ(request.initiator, defaults.initiator);
        EXPECT_EQ(request.source_system, defaults.source_system);
        EXPECT_EQ(request.priority, 0);
        EXPECT_TRUE(request.tags.empty());
        EXPECT_FALSE(request.correlation_id.has_value());
        EXPECT_EQ(request.idempotency_key, "");
    }
}

TEST(ParseTaskRequest, KeepsTheTextOfTheContextToTheLastDigit) {
    const std::string context =
        R"({"n":63340286662973277706162286946811886609896461828096,"x":0.1000,"x":{"s":"\u00e9"}})";
    EXPECT_EQ(parse_task_request(with("\"context\":" + context)).value().context_json, context);
}

struct BadBody {
    std::string body;
    std::string refusal;
};

TEST(ParseTaskRequest, RefusesWithTheNameOfTheField) {
    const std::vector<BadBody> table{
        {"[]", "the body must be a JSON object, such as {\"namespace\":…,\"name\":…}"},
        {R"({"name":"t"})", "field 'namespace' is missing; it is required"},
        {R"({"namespace":"n"})", "field 'name' is missing; it is required"},
        {R"({"namespace":"n","name":null})", "field 'name' is missing; it is required"},
        {R"({"namespace":"n","name":7})", "field 'name' must be a string, not 7"},
        {R"({"namespace":"","name":"t"})",
         "field 'namespace' must be a string of 1 to 255 bytes, not \"\""},
        {R"({"namespace":"n","name":")" + std::string(256, 'x') + "\"}",
         "field 'name' must be a string of 1 to 255 bytes, not a string of 258 bytes"},
        {R"({"namespace":"n","name":"a","name":"b"})", "field 'name' is given twice; give it once"},
        {R"({"namespace":"n","naem":"b"})",
         "unknown field 'naem' (did you mean 'name'?); the known ones are namespace, name, "
         "version, context, initiator, source_system, reason, priority, tags, correlation_id, "
         "parent_correlation_id, idempotency_key"},
        {with(R"("context":[1, 2])"), "field 'context' must be a JSON object, not [1,2]"},
        {with(R"("context":"{}")"), "field 'context' must be a JSON object, not \"{}\""},
        {with(R"("priority":"high")"),
         "field 'priority' must be an integer from -100 to 100, not \"high\""},
        {with(R"("priority":1.5)"), "field 'priority' must be an integer from -100 to 100, not 1.5"
        },
        {with(R"("priority":101)"), "field 'priority' must be an integer from -100 to 100, not 101"
        },
        {with(R"("priority":-101)"),
         "field 'priority' must be an integer from -100 to 100, not -101"},
        {with(R"("priority":99999999999999999999)"),
         "field 'priority' must be an integer from -100 to 100, not 99999999999999999999"},
        {with(R"("tags":"a")"), "field 'tags' must be an array of at most 64 strings, not \"a\""},
        {with(R"("idempotency_key":5)"), "field 'idempotency_key' must be a string, not 5"},
        {with(R"("idempotency_key":"")"),
         "field 'idempotency_key' must be a string of 1 to 255 bytes, not \"\""},
        {with(R"("tags":["a",5])"), "field 'tags[1]' must be a string, not 5"},
        {with(R"("correlation_id":"abc")"),
         "field 'correlation_id' must be a UUID such as 0192f0c1-7a5b-7c3d-8e9f-000000000000, not "
         "\"abc\""},
        {with(R"("idempotency_key":42)"), "field 'idempotency_key' must be a string, not 42"},
        {with(R"("idempotency_key":"")"),
         "field 'idempotency_key' must be a string of 1 to 255 bytes, not \"\""},
        {with(R"("idempotency_key":")" + std::string(256, 'k') + '"'),
         "field 'idempotency_key' must be a string of 1 to 255 bytes, not a string of 258 bytes"},
        {with(R"("idempotency_key":"a\tb")"),
         "field 'idempotency_key' must be a string without control characters, not \"a\\tb\""},
        {with(R"("parent_correlation_id":5)"),
         "field 'parent_correlation_id' must be a UUID such as "
         "0192f0c1-7a5b-7c3d-8e9f-000000000000, not 5"},
    };
    for (const auto& [body, refusal] : table) {
        EXPECT_EQ(refusal_of(body), refusal) << body;
    }
}

TEST(ParseTaskRequest, RefusesWhatIsNoJson) {
    for (const std::string_view body :
         {"", "{", R"({"namespace":"n","name":"t"} x)", "\xff", "{'a':1}"}) {
        EXPECT_EQ(refusal_of(body).rfind("the body is not valid JSON: ", 0), 0U) << body;
    }
    EXPECT_EQ(
        refusal_of(with("\"idempotency_key\":\"\xff\"")).rfind("the body is not valid JSON", 0), 0U
    );
    EXPECT_EQ(
        refusal_of(with(R"("reason":"a\u0000b")")).rfind("the body is not valid JSON", 0), 0U
    );
}

}  // namespace
}  // namespace tenon::orchestration
