#include "foundation/http/http_client.hpp"

#include "foundation/error.hpp"
#include "unit/foundation_http/toy_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon {
namespace {

using ::testing::HasSubstr;
using testing::ToyServer;
using namespace std::chrono_literals;

template <class Request>
std::string failure_of(Request request, ErrorCode expected) {
    try {
        request();
    } catch (const Exception& failure) {
        EXPECT_EQ(failure.code(), expected);
        return failure.what();
    }
    return "(no failure)";
}

TEST(HttpClient, GetsAndPosts) {
    const ToyServer server;
    HttpClient client({.url = server.url()});

    const auto hello = client.get("/hello");
    EXPECT_EQ(hello.status, 200U);
    EXPECT_EQ(hello.body, "hello");
    EXPECT_EQ(client.post("/echo", R"({"a":1})").body, R"({"a":1})");
    EXPECT_EQ(client.get("/nothing").status, 404U);
}

TEST(HttpClient, PutsThePathOfItsUrlBeforeTheTarget) {
    const ToyServer server;
    HttpClient client({.url = server.url() + "/items/"});

    EXPECT_EQ(client.get("/x?q=1").body, "x|1");
}

TEST(HttpClient, ConnectsAnewAfterTheServerClosedItsConnection) {
    const ToyServer server({.idle = 20ms});
    HttpClient client({.url = server.url()});

    EXPECT_EQ(client.get("/hello").body, "hello");
    std::this_thread::sleep_for(100ms);  // Long enough for the server to give the connection up.
    EXPECT_EQ(client.get("/hello").body, "hello");
}

TEST(HttpClient, SaysThatNobodyListens) {
    std::string url;
    {
        const ToyServer server;
        url = server.url();
    }
    HttpClient client({.url = url});

    EXPECT_EQ(
        failure_of([&] { client.get("/"); }, ErrorCode::unavailable),
        "cannot reach " + url + ": connection refused"
    );
}

TEST(HttpClient, SaysThatTheNameIsUnknown) {
    HttpClient client({.url = "http://nowhere.invalid:1"});

    EXPECT_THAT(
        failure_of([&] { client.get("/"); }, ErrorCode::unavailable),
        HasSubstr("cannot reach http://nowhere.invalid:1: host not found")
    );
}

TEST(HttpClient, GivesUpOnAServerThatDoesNotAnswer) {
    const ToyServer server;
    HttpClient client({.url = server.url(), .timeout = 50ms});

    EXPECT_EQ(
        failure_of([&] { client.get("/gate"); }, ErrorCode::deadline_exceeded),
        server.url() + " did not answer in time"
    );
}

TEST(HttpClient, RefusesAReplyThatIsTooLarge) {
    const ToyServer server;
    HttpClient client({.url = server.url(), .reply_bytes = 3});

    EXPECT_EQ(
        failure_of([&] { client.get("/hello"); }, ErrorCode::unavailable),
        server.url() + " answered with more than 3 bytes"
    );
}

TEST(HttpClient, RefusesUrlsThatItCannotSpeakTo) {
    const auto refusal = [](std::string url) {
        return failure_of([&] { HttpClient({.url = url}); }, ErrorCode::invalid_input);
    };
    EXPECT_EQ(
        refusal("ftp://host"),
        "'ftp://host' is not the URL of a host: only http and https are spoken; write it as "
        "http://127.0.0.1:8080"
    );
    EXPECT_THAT(refusal("127.0.0.1:8080"), HasSubstr("it is malformed"));
    EXPECT_THAT(refusal("http://"), HasSubstr("it names no machine"));
}

}  // namespace
}  // namespace tenon
