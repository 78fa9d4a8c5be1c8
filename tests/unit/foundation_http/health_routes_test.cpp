#include "foundation/http/health_routes.hpp"

#include "foundation/error.hpp"
#include "foundation/json_slice.hpp"
#include "foundation/runtime/channel.hpp"
#include "support/co_test.hpp"

#include <gmock/gmock.h>

namespace tenon {
namespace {

using ::testing::MatchesRegex;

asio::awaitable<HealthReport> found(HealthStatus status, std::string message) {
    co_return HealthReport{.status = status, .message = std::move(message)};
}

asio::awaitable<HealthReport> broken() {
    throw Exception({ErrorCode::unavailable, "the database is \"away\""});
    co_return HealthReport{};
}

asio::awaitable<HealthReport> stuck(Channel<int>& never) {
    co_await never.receive();
    co_return HealthReport{};
}

class HealthRoutesTest : public testing::CoroutineTest {
protected:
    void serve(std::vector<HealthCheck> checks, BreakerStatuses breakers = {}) {
        add_health_routes(router_, std::move(checks), std::move(breakers));
    }

    asio::awaitable<HttpResponse> get(std::string path) {
        HttpRequest request{.method = "GET", .path = std::move(path)};
        return router_.respond(std::move(request));
    }

    static std::string text(const HttpResponse& response, std::string_view check) {
        const auto body = JsonSlice::parse(response.body).value();
        return body.find("checks").value().find(check).value().compact();
    }

    Router router_;
};

CO_TEST_F(HealthRoutesTest, IsAliveWhateverTheChecksSay) {
    serve({{"database", broken}});

    const auto health = co_await get("/health");
    EXPECT_EQ(health.status, 200U);
    EXPECT_EQ(health.body, "{\"status\":\"healthy\"}\n");
    const auto live = co_await get("/health/live");
    EXPECT_EQ(live.status, 200U);
    EXPECT_EQ(live.body, "{\"status\":\"alive\"}\n");
}

CO_TEST_F(HealthRoutesTest, IsReadyWhileNothingIsUnhealthy) {
    serve(
        {{"database", [] { return found(HealthStatus::healthy, "4 of 4 connections"); }},
         {"queue", [] { return found(HealthStatus::degraded, "deep"); }}}
    );

    const auto response = co_await get("/health/ready");

    EXPECT_EQ(response.status, 200U);
    EXPECT_THAT(response.body, ::testing::StartsWith(R"({"status":"degraded","ready":true,)"));
    EXPECT_THAT(
        text(response, "database"),
        MatchesRegex(R"(\{"status":"healthy","message":"4 of 4 connections",)"
                     R"("duration_ms":[0-9]+\.[0-9]{3},)"
                     R"("last_checked":"[0-9-]{10}T[0-9:]{8}Z"\})")
    );
}

CO_TEST_F(HealthRoutesTest, IsNotReadyWhenACheckThrows) {
    serve({{"database", broken}});

    const auto response = co_await get("/health/ready");

    EXPECT_EQ(response.status, 503U);
    EXPECT_THAT(
        text(response, "database"),
        MatchesRegex(R"(\{"status":"unhealthy","message":"the database is \\"away\\"",.*)")
    );
}

CO_TEST_F(HealthRoutesTest, TellsInDetailOfBreakersAndIsDegradedWhereOneIsOpen) {
    std::vector<CircuitBreaker::Status> breakers{
        {.name = "pool"},
        {.name = "step_path",
         .state = CircuitState::open,
         .failures = 3,
         .failed = 7,
         .opened = 2,
         .refused = 11,
         .since = std::chrono::milliseconds(1250),
         .last_error = "the database is \"away\""}
    };
    serve({{"database", [] { return found(HealthStatus::healthy, "4 of 4 connections"); }}}, [&] {
        return breakers;
    });

    const auto response = co_await get("/health/detailed");

    EXPECT_EQ(response.status, 200U) << "it describes, it does not judge";
    const auto body = JsonSlice::parse(response.body).value();
    EXPECT_EQ(body.find("status").value().string(), "degraded");
    EXPECT_EQ(body.find("ready").value().boolean(), true);
    EXPECT_THAT(text(response, "database"), ::testing::HasSubstr(R"("status":"healthy")"));
    const auto list = body.find("circuit_breakers").value().elements();
    EXPECT_EQ(list.size(), 2U);
    EXPECT_EQ(
        list.back().compact(),
        R"({"name":"step_path","state":"open","failures":3,"failed_total":7,"opened_total":2,)"
        R"("refused_total":11,"since_ms":1250,"last_error":"the database is \"away\""})"
    );
    breakers.back().state = CircuitState::half_open;
    const auto calmer = co_await get("/health/detailed");
    EXPECT_THAT(calmer.body, ::testing::StartsWith(R"({"status":"healthy")"));
}

CO_TEST_F(HealthRoutesTest, TellsInDetailWhatMakesItUnready) {
    serve({{"database", broken}});

    const auto response = co_await get("/health/detailed");

    EXPECT_EQ(response.status, 200U);
    EXPECT_THAT(
        response.body, ::testing::StartsWith(R"({"status":"unhealthy","ready":false,"checks":)")
    );
    EXPECT_THAT(response.body, ::testing::HasSubstr(R"("circuit_breakers":[])"));
}

CO_TEST_F(HealthRoutesTest, DoesNotWaitForACheckThatHangs) {
    Channel<int> never(executor(), 1);
    serve({{"database", [&never] { return stuck(never); }}});

    const auto response = co_await get("/health/ready");

    EXPECT_EQ(response.status, 503U);
    EXPECT_THAT(text(response, "database"), MatchesRegex(".*no answer within 1 s.*"));
}

}  // namespace
}  // namespace tenon
