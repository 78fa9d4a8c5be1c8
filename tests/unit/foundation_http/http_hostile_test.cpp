// Callers that are slow, greedy, broken or malicious.

#include "foundation/http/http_server.hpp"
#include "unit/foundation_http/toy_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon {
namespace {

using ::testing::HasSubstr;
using testing::RawConnection;
using testing::ToyServer;
using namespace std::chrono_literals;

const std::string get_hello = "GET /hello HTTP/1.1\r\nHost: toy\r\n\r\n";

void expect_alive(const ToyServer& server) {
    RawConnection connection(server.port());
    connection.send(get_hello);
    EXPECT_EQ(connection.receive().value().body, "hello");
}

TEST(HttpServerUnderAttack, AnswersASlowHeaderWith408) {
    const ToyServer server({.read = 100ms});
    RawConnection connection(server.port());

    connection.send("GET /hello HT");

    const auto reply = connection.receive().value();
    EXPECT_EQ(reply.status, 408U);
    EXPECT_EQ(reply.header("Content-Type"), "application/problem+json");
    EXPECT_THAT(reply.body, HasSubstr("the request was not complete within 100 ms"));
    EXPECT_TRUE(connection.ends());
}

TEST(HttpServerUnderAttack, IsNotFooledByACallerThatTrickles) {
    const ToyServer server({.read = 100ms});
    RawConnection connection(server.port());
    connection.send("GET /hello HTTP/1.1\r\n");

    // Each byte arrives long before the limit, but the limit is for the whole request.
    const auto begun = std::chrono::steady_clock::now();
    while (connection.send("X: y\r\n") && std::chrono::steady_clock::now() - begun < 4s) {
        std::this_thread::sleep_for(10ms);
    }

    EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s);
    expect_alive(server);
}

TEST(HttpServerUnderAttack, AnswersASlowBodyWith408) {
    const ToyServer server({.read = 100ms});
    RawConnection connection(server.port());

    connection.send("POST /echo HTTP/1.1\r\nHost: toy\r\nContent-Length: 10\r\n\r\nabc");

    EXPECT_EQ(connection.receive().value().status, 408U);
    EXPECT_TRUE(connection.ends());
}

TEST(HttpServerUnderAttack, ClosesAnIdleConnectionWithoutAWord) {
    const ToyServer server({.idle = 100ms});
    RawConnection silent(server.port());
    EXPECT_TRUE(silent.ends());

    RawConnection spoke_once(server.port());
    spoke_once.send(get_hello);
    EXPECT_EQ(spoke_once.receive().value().status, 200U);
    EXPECT_TRUE(spoke_once.ends());
}

TEST(HttpServerUnderAttack, ClosesOnACallerThatDoesNotRead) {
    const ToyServer server({.body_bytes = 32UL << 20U, .write = 100ms});
    RawConnection connection(server.port());
    const std::string body(16UL << 20U, 'x');

    connection.send(
        "POST /echo HTTP/1.1\r\nHost: toy\r\nContent-Type: application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body
    );
    while (server.exchanges().empty()) {
        std::this_thread::yield();
    }

    EXPECT_FALSE(server.exchanges().front().sent);
    expect_alive(server);
}

TEST(HttpServerUnderAttack, RefusesAnAnnouncedBodyThatIsTooLargeBeforeItArrives) {
    const ToyServer server({.body_bytes = 1000});
    RawConnection connection(server.port());

    connection.send("POST /echo HTTP/1.1\r\nHost: toy\r\nContent-Length: 1001\r\n\r\n");

    const auto reply = connection.receive().value();
    EXPECT_EQ(reply.status, 413U);
    EXPECT_THAT(reply.body, HasSubstr("the body is larger than 1000 bytes; send a smaller one"));
    EXPECT_TRUE(connection.ends());
}

TEST(HttpServerUnderAttack, LetsACallerFinishSendingSoThatItReadsTheRefusal) {
    const ToyServer server({.body_bytes = 1000});
    RawConnection connection(server.port());
    const std::string body(2UL << 20U, 'x');

    EXPECT_TRUE(connection.send(
        "POST /echo HTTP/1.1\r\nHost: toy\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body
    ));

    EXPECT_EQ(connection.receive().value().status, 413U);
    EXPECT_TRUE(connection.ends());
}

TEST(HttpServerUnderAttack, RefusesAChunkedBodyThatGrowsTooLarge) {
    const ToyServer server({.body_bytes = 1000});
    RawConnection connection(server.port());

    connection.send(
        "POST /echo HTTP/1.1\r\nHost: toy\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" +
        std::string(2000, 'x') + "\r\n0\r\n\r\n"
    );

    EXPECT_EQ(connection.receive().value().status, 413U);
}

TEST(HttpServerUnderAttack, TakesABodyOfExactlyTheLimit) {
    const ToyServer server({.body_bytes = 1000});
    RawConnection connection(server.port());
    const std::string body(1000, 'x');

    connection.send(
        "POST /echo HTTP/1.1\r\nHost: toy\r\nContent-Type: application/json\r\n"
        "Content-Length: 1000\r\n\r\n" +
        body
    );

    EXPECT_EQ(connection.receive().value().body, body);
}

TEST(HttpServerUnderAttack, RefusesAHeaderThatIsTooLarge) {
    const ToyServer server({.header_bytes = 1024});
    RawConnection connection(server.port());

    connection.send("GET /hello HTTP/1.1\r\nHost: toy\r\nX: " + std::string(2000, 'x'));

    const auto reply = connection.receive().value();
    EXPECT_EQ(reply.status, 431U);
    EXPECT_THAT(reply.body, HasSubstr("the header is larger than 1024 bytes"));
}

TEST(HttpServerUnderAttack, AnswersATruncatedBodyWith400) {
    const ToyServer server;
    RawConnection connection(server.port());

    connection.send("POST /echo HTTP/1.1\r\nHost: toy\r\nContent-Length: 10\r\n\r\nabc");
    connection.finish_sending();

    const auto reply = connection.receive().value();
    EXPECT_EQ(reply.status, 400U);
    EXPECT_THAT(reply.body, HasSubstr("the request ended before it was complete"));
}

TEST(HttpServerUnderAttack, SurvivesACallerThatVanishes) {
    const ToyServer server;
    for (int i = 0; i < 50; ++i) {
        RawConnection connection(server.port());
        connection.send("POST /echo HTTP/1.1\r\nHost: toy\r\nContent-Length: 10\r\n\r\nabc");
    }
    expect_alive(server);
}

struct BadRequest {
    std::string_view name;
    std::string_view bytes;
    std::string_view detail;
};

class MalformedRequest : public ::testing::TestWithParam<BadRequest> {};

TEST_P(MalformedRequest, IsAnsweredWith400AndTheConnectionClosed) {
    const ToyServer server;
    RawConnection connection(server.port());

    connection.send(GetParam().bytes);

    const auto reply = connection.receive();
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->status, 400U);
    EXPECT_THAT(reply->body, HasSubstr(GetParam().detail));
    EXPECT_THAT(reply->body, HasSubstr(R"("code":"malformed_request")"));
    EXPECT_TRUE(connection.ends());
    expect_alive(server);
}

INSTANTIATE_TEST_SUITE_P(
    HttpServerUnderAttack,
    MalformedRequest,
    ::testing::Values(
        BadRequest{"Noise", "\x16\x03\x01\x02garbage\r\n\r\n", "not valid HTTP/1.1"},
        BadRequest{"NoVersion", "GET /hello\r\n\r\n", "not valid HTTP/1.1"},
        BadRequest{"WrongVersion", "GET /hello HTTP/3.0\r\nHost: t\r\n\r\n", "not valid HTTP/1.1"},
        BadRequest{"NoHost", "GET /hello HTTP/1.1\r\n\r\n", "exactly one Host"},
        BadRequest{
            "TwoHosts",
            "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "exactly one Host"
        },
        BadRequest{
            "BadLength",
            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n",
            "not valid HTTP/1.1"
        },
        BadRequest{
            "TwoLengths",
            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "not valid HTTP/1.1"
        },
        BadRequest{
            "LengthAndChunks",
            "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n"
            "\r\n0\r\n\r\n",
            "not valid HTTP/1.1"
        },
        BadRequest{
            "BadChunk",
            "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "not valid HTTP/1.1"
        },
        BadRequest{
            "SpaceInName",
            "GET /hello HTTP/1.1\r\nHost: t\r\nX Y: 1\r\n\r\n",
            "not valid HTTP/1.1"
        },
        BadRequest{
            "NoPath",
            "GET hello HTTP/1.1\r\nHost: t\r\n\r\n",
            "not of the form /path?query"
        },
        BadRequest{
            "AbsoluteForm",
            "GET http://other/hello HTTP/1.1\r\nHost: t\r\n\r\n",
            "not of the form /path?query"
        },
        BadRequest{
            "BadEscape",
            "GET /items/%zz HTTP/1.1\r\nHost: t\r\n\r\n",
            "not of the form /path?query"
        }
    ),
    [](const auto& entry) { return std::string(entry.param.name); }
);

}  // namespace
}  // namespace tenon
