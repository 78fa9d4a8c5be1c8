#include "foundation/http/router.hpp"

#include "foundation/error.hpp"
#include "support/co_test.hpp"

#include <gmock/gmock.h>

namespace tenon {
namespace {

using ::testing::HasSubstr;

asio::awaitable<HttpResponse> say(std::string text) {
    HttpResponse response;
    response.body = std::move(text);
    co_return response;
}

asio::awaitable<HttpResponse> raise(ErrorCode code) {
    throw Exception({code, "because"});
    co_return HttpResponse{};
}

class RouterTest : public testing::CoroutineTest {
protected:
    RouterTest() {
        add("GET", "/tasks/{uuid}");
        add("GET", "/tasks/summary");
        add("DELETE", "/tasks/{uuid}");
        add("POST", "/tasks");
    }

    void add(std::string method, std::string pattern) {
        const auto name = method + " " + pattern;
        router_.add(
            {.method = method,
             .pattern = pattern,
             .access = Access::open(),
             .handler = [name](auto request
                        ) { return say(name + " " + std::string(request.parameter("uuid"))); }}
        );
    }

    asio::awaitable<HttpResponse> ask(std::string method, std::string path) {
        HttpRequest request{.method = std::move(method), .path = std::move(path)};
        request.request_id = "r1";
        return router_.respond(std::move(request));
    }

    Router router_;
};

CO_TEST_F(RouterTest, BindsTheNamedPartsOfThePath) {
    const auto response = co_await ask("GET", "/tasks/abc");
    EXPECT_EQ(response.body, "GET /tasks/{uuid} abc");
}

CO_TEST_F(RouterTest, PrefersALiteralSegment) {
    const auto response = co_await ask("GET", "/tasks/summary");
    EXPECT_EQ(response.body, "GET /tasks/summary ");
}

CO_TEST_F(RouterTest, NamesWhatIsNotServed) {
    for (const std::string path : {"/", "/task", "/tasks/", "/tasks/a/b", "//tasks", "/TASKS"}) {
        const auto response = co_await ask("GET", path);
        EXPECT_EQ(response.status, 404U) << path;
        EXPECT_EQ(
            response.body,
            R"({"type":"urn:tenon:problem:not_found","title":"Not Found","status":404,"detail":)"
            R"("nothing is served at ')" +
                path +
                R"('","code":"not_found","request_id":"r1"})"
                "\n"
        );
    }
}

CO_TEST_F(RouterTest, ListsTheMethodsThatWouldBeAnswered) {
    const auto response = co_await ask("PUT", "/tasks/abc");

    EXPECT_EQ(response.status, 405U);
    EXPECT_EQ(response.headers, (HttpFields{{"Allow", "GET, HEAD, DELETE"}}));
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_THAT(
        response.body, HasSubstr("'/tasks/abc' does not answer PUT; use GET, HEAD, DELETE")
    );
}

CO_TEST_F(RouterTest, TurnsEveryErrorCodeIntoItsStatus) {
    const std::vector<std::pair<ErrorCode, unsigned>> expected{
        {ErrorCode::invalid_input, 400},
        {ErrorCode::invalid_transition, 409},
        {ErrorCode::not_found, 404},
        {ErrorCode::conflict, 409},
        {ErrorCode::unavailable, 503},
        {ErrorCode::deadline_exceeded, 504},
        {ErrorCode::plugin_failure, 500}
    };
    for (const auto& [code, status] : expected) {
        Router router;
        router.add(
            {.method = "GET",
             .pattern = "/",
             .access = Access::open(),
             .handler = [code](const auto&) { return raise(code); }}
        );
        HttpRequest request{.method = "GET", .path = "/"};

        const auto response = co_await router.respond(std::move(request));

        EXPECT_EQ(response.status, status) << to_string(code);
        EXPECT_THAT(response.body, HasSubstr(R"("detail":"because")"));
        EXPECT_THAT(response.body, HasSubstr("\"code\":\"" + std::string(to_string(code)) + '"'));
        const HttpFields retry{{"Retry-After", "1"}};
        EXPECT_EQ(response.headers, status == 503 ? retry : HttpFields{});
    }
}

asio::awaitable<HttpResponse> leak(HttpRequest /*request*/) {
    throw std::runtime_error("password=secret");
    co_return HttpResponse{};
}

CO_TEST_F(RouterTest, KeepsTheDetailsOfAnUnknownExceptionForTheLog) {
    router_.add({.method = "GET", .pattern = "/leak", .access = Access::open(), .handler = leak});

    const auto response = co_await ask("GET", "/leak");

    EXPECT_EQ(response.status, 500U);
    EXPECT_THAT(response.body, HasSubstr(R"("code":"internal")"));
    EXPECT_THAT(response.body, ::testing::Not(HasSubstr("secret")));
    EXPECT_EQ(response.log_detail, "password=secret");
}

CO_TEST_F(RouterTest, RefusesARouteThatExists) {
    EXPECT_THROW(add("GET", "/tasks/summary"), Exception);
    EXPECT_NO_THROW(add("PUT", "/tasks/summary"));
    co_return;
}

}  // namespace
}  // namespace tenon
