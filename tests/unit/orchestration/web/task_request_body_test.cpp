#include "orchestration/web/task_request_body.hpp"

#include <gtest/gtest.h>

namespace tenon::orchestration {
namespace {

std::string refusal_of(std::string_view body) {
    const auto requests = parse_task_requests(body);
    return requests ? "(accepted)" : requests.error().detail;
}

TEST(ParseTaskRequests, KeepsTheirOrder) {
    const auto requests =
        parse_task_requests(
            R"([{"namespace":"n","name":"a","priority":3},{"namespace":"n","name":"b",)"
            R"("context":{"x":1.0}}])"
        )
            .value();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].name, "a");
    EXPECT_EQ(requests[0].priority, 3);
    EXPECT_EQ(requests[1].name, "b");
    EXPECT_EQ(requests[1].priority, 0);
    EXPECT_EQ(requests[1].context_json, R"({"x":1.0})");
}

TEST(ParseTaskRequests, SaysWhichOneIsWrong) {
    EXPECT_EQ(
        refusal_of(R"([{"namespace":"n","name":"a"},{"namespace":"n"}])"),
        "request 1: field 'name' is missing; it is required"
    );
    EXPECT_EQ(
        refusal_of(R"([{"namespace":"n","name":"a","priority":1000}])"),
        "request 0: field 'priority' must be an integer from -100 to 100, not 1000"
    );
    EXPECT_EQ(
        refusal_of("[7]"),
        "request 0: it must be a JSON object, such as {\"namespace\":…,\"name\":…}"
    );
}

TEST(ParseTaskRequests, TakesOneToAThousand) {
    const auto of = [](std::size_t count) {
        std::string body;
        for (std::size_t i = 0; i < count; ++i) {
            body += (body.empty() ? "" : ",") + std::string(R"({"namespace":"n","name":"a"})");
        }
        return refusal_of("[" + body + "]");
    };
    EXPECT_EQ(of(1), "(accepted)");
    EXPECT_EQ(of(1000), "(accepted)");
    EXPECT_EQ(of(0), "the body must be an array of 1 to 1000 requests, not of 0");
    EXPECT_EQ(of(1001), "the body must be an array of 1 to 1000 requests, not of 1001");
    EXPECT_EQ(refusal_of("{}"), "the body must be an array of 1 to 1000 requests, not {}");
    EXPECT_EQ(refusal_of("[").rfind("the body is not valid JSON: ", 0), 0U);
}

}  // namespace
}  // namespace tenon::orchestration
