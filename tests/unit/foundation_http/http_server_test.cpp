#include "foundation/http/http_server.hpp"

#include "unit/foundation_http/toy_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace tenon {
namespace {

using ::testing::HasSubstr;
using testing::RawConnection;
using testing::ToyServer;

const std::string get_hello = "GET /hello HTTP/1.1\r\nHost: toy\r\n\r\n";

std::string get(std::string_view target) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: toy\r\n\r\n";
}

std::string post_echo(std::string_view body, std::string_view type = "application/json") {
    return "POST /echo HTTP/1.1\r\nHost: toy\r\nContent-Type: " + std::string(type) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

TEST(HttpServer, KeepsTheConnectionBetweenRequests) {
    const ToyServer server;
    RawConnection connection(server.port());

    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(connection.send(get_hello));
        const auto reply = connection.receive().value();
        EXPECT_EQ(reply.status, 200U);
        EXPECT_EQ(reply.body, "hello");
        EXPECT_EQ(reply.header("Content-Type"), "text/plain");
    }
}

TEST(HttpServer, ClosesWhenTheCallerAsksForIt) {
    const ToyServer server;
    RawConnection connection(server.port());

    connection.send("GET /hello HTTP/1.1\r\nHost: toy\r\nConnection: close\r\n\r\n");

    const auto reply = connection.receive().value();
    EXPECT_EQ(reply.body, "hello");
    EXPECT_EQ(reply.header("Connection"), "close");
    EXPECT_TRUE(connection.ends());
}

TEST(HttpServer, ClosesAfterHttp10) {
    const ToyServer server;
    RawConnection connection(server.port());

    connection.send("GET /hello HTTP/1.0\r\n\r\n");

    EXPECT_EQ(connection.receive().value().body, "hello");
    EXPECT_TRUE(connection.ends());
}

TEST(HttpServer, AnswersPipelinedRequestsInTheirOrder) {
    const ToyServer server;
    RawConnection connection(server.port());

    connection.send(get("/items/one") + post_echo("two") + get("/items/three") + get_hello);

    EXPECT_EQ(connection.receive().value().body, "one|(none)");
    EXPECT_EQ(connection.receive().value().body, "two");
    EXPECT_EQ(connection.receive().value().body, "three|(none)");
    EXPECT_EQ(connection.receive().value().body, "hello");
}

TEST(HttpServer, TakesAChunkedBody) {
    const ToyServer server;
    RawConnection connection(server.port());

    connection.send(
        "POST /echo HTTP/1.1\r\nHost: toy\r\nContent-Type: application/json; charset=utf-8\r\n"
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    );

    EXPECT_EQ(connection.receive().value().body, "abcde");
}

TEST(HttpServer, InvitesABodyThatWaitsForPermission) {
    const ToyServer server;
    RawConnection connection(server.port());

    connection.send(
        "POST /echo HTTP/1.1\r\nHost: toy\r\nContent-Type: application/json\r\n"
        "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    );
    EXPECT_EQ(connection.receive().value().status, 100U);

    connection.send("{}");
    EXPECT_EQ(connection.receive().value().body, "{}");
}

TEST(HttpServer, AnswersHeadWithTheLengthAndWithoutTheBody) {
    const ToyServer server;
    RawConnection connection(server.port());

    connection.send("HEAD /hello HTTP/1.1\r\nHost: toy\r\n\r\n" + get_hello);

    const auto head = connection.receive(false).value();
    EXPECT_EQ(head.status, 200U);
    EXPECT_EQ(head.header("Content-Length"), "5");
    EXPECT_EQ(connection.receive().value().body, "hello");
}

TEST(HttpServer, DecodesParametersAndQuery) {
    const ToyServer server;
    RawConnection connection(server.port());

    connection.send(get("/items/a%2Fb%20c?x=1&q=%C3%A4%26"));

    EXPECT_EQ(connection.receive().value().body, "a/b c|ä&");
}

TEST(HttpServer, EchoesAProperRequestIdAndReplacesAnImproperOne) {
    const ToyServer server;
    RawConnection connection(server.port());

    connection.send("GET /hello HTTP/1.1\r\nHost: toy\r\nX-Request-Id: abc-1.2:3\r\n\r\n");
    EXPECT_EQ(connection.receive().value().header("X-Request-Id"), "abc-1.2:3");

    connection.send("GET /hello HTTP/1.1\r\nHost: toy\r\nX-Request-Id: a b\"c\r\n\r\n");
    EXPECT_EQ(connection.receive().value().header("X-Request-Id").size(), 36U);

    connection.send(get_hello);
    const auto first = connection.receive().value().header("X-Request-Id");
    connection.send(get_hello);
    EXPECT_NE(connection.receive().value().header("X-Request-Id"), first);
}

TEST(HttpServer, RefusesAnotherContentType) {
    const ToyServer server;
    RawConnection connection(server.port());

    connection.send(post_echo("a=1", "application/x-www-form-urlencoded"));

    const auto reply = connection.receive().value();
    EXPECT_EQ(reply.status, 415U);
    EXPECT_THAT(
        reply.body,
        HasSubstr("content type 'application/x-www-form-urlencoded' is not supported; send "
                  "'Content-Type: application/json'")
    );
}

TEST(HttpServer, ServesAHundredCallersAtOnce) {
    ToyServer server;
    std::vector<std::unique_ptr<RawConnection>> callers;
    for (int i = 0; i < 100; ++i) {
        callers.push_back(std::make_unique<RawConnection>(server.port()));
        ASSERT_TRUE(callers.back()->send(get("/gate")));
    }
    for (int i = 0; i < 100; ++i) {
        server.await_entered();  // All hundred are inside the handler before one is answered.
    }
    for (int i = 0; i < 100; ++i) {
        server.open_gate();
    }
    for (auto& caller : callers) {
        EXPECT_EQ(caller->receive().value().body, "through");
    }
}

TEST(HttpServer, TurnsAwayConnectionsBeyondItsLimit) {
    ToyServer server({.connections = 2});
    RawConnection first(server.port());
    RawConnection second(server.port());
    first.send(get("/gate"));
    second.send(get("/gate"));
    server.await_entered();
    server.await_entered();

    RawConnection third(server.port());
    const auto refused = third.receive().value();
    EXPECT_EQ(refused.status, 503U);
    EXPECT_EQ(refused.header("Retry-After"), "1");
    EXPECT_THAT(refused.body, HasSubstr("too many connections; try again"));

    server.open_gate();
    server.open_gate();
    EXPECT_EQ(first.receive().value().body, "through");
    EXPECT_EQ(second.receive().value().body, "through");
}

TEST(HttpServer, ReportsEveryExchangeForTheLog) {
    ToyServer server;
    RawConnection connection(server.port());
    connection.send("GET /fail/unknown?x=1 HTTP/1.1\r\nHost: toy\r\nX-Request-Id: r1\r\n\r\n");
    connection.receive();
    connection.send("BROKEN\r\n\r\n");
    connection.receive();
    connection.ends();
    server.stop(std::chrono::seconds(1)).get();

    const auto exchanges = server.exchanges();
    ASSERT_EQ(exchanges.size(), 2U);
    EXPECT_EQ(exchanges[0].request_id, "r1");
    EXPECT_EQ(exchanges[0].method, "GET");
    EXPECT_EQ(exchanges[0].path, "/fail/unknown");
    EXPECT_EQ(exchanges[0].status, 500U);
    EXPECT_EQ(exchanges[0].detail, "password=secret");
    EXPECT_TRUE(exchanges[0].sent);
    EXPECT_GT(exchanges[0].duration.count(), 0);
    EXPECT_EQ(exchanges[1].status, 400U);
    EXPECT_EQ(exchanges[1].method, "");
}

std::string failure_to_listen(const ListenAddress& listen) {
    asio::io_context context;
    try {
        const HttpServer server(context.get_executor(), Router{}, {.listen = listen});
    } catch (const Exception& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::unavailable);
        return failure.what();
    }
    return "(listened)";
}

TEST(HttpServer, NamesTheFixWhenTheAddressCannotBeHad) {
    const ToyServer occupant;
    const auto port = std::to_string(occupant.port());

    EXPECT_EQ(
        failure_to_listen({.port = occupant.port()}),
        "cannot listen on 127.0.0.1:" + port +
            ": address already in use; stop the other process or choose another port with --listen"
    );
    EXPECT_EQ(
        failure_to_listen({.host = "192.0.2.1", .port = 8080}),
        "cannot listen on 192.0.2.1:8080: this machine has no such address; choose one of its own "
        "with --listen"
    );
    EXPECT_EQ(
        failure_to_listen({.host = "here", .port = 1}),
        "cannot listen on here:1: 'here' is no address; give 127.0.0.1, 0.0.0.0, ::1 or another"
    );
}

TEST(ParseListenAddress, ReadsHostAndPort) {
    const auto parse = [](std::string_view text) {
        const auto listen = parse_listen_address(text);
        return listen ? listen->host + " " + std::to_string(listen->port) : listen.error().detail;
    };
    EXPECT_EQ(parse("127.0.0.1:8080"), "127.0.0.1 8080");
    EXPECT_EQ(parse("[::1]:80"), "::1 80");
    EXPECT_EQ(parse(":0"), "0.0.0.0 0");
    EXPECT_EQ(parse("localhost:65535"), "localhost 65535");
    EXPECT_EQ(parse("8080"), "'8080' has no port; write it as 127.0.0.1:8080");
    EXPECT_EQ(parse("a:65536"), "'65536' is no port; give a number from 0 to 65535");
    EXPECT_EQ(parse("a:80x"), "'80x' is no port; give a number from 0 to 65535");
    EXPECT_EQ(parse("a:"), "'' is no port; give a number from 0 to 65535");
}

}  // namespace
}  // namespace tenon
