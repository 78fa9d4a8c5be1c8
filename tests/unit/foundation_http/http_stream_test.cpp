// Bodies that are made while they are sent.

#include "unit/foundation_http/toy_server.hpp"

#include <gtest/gtest.h>

namespace tenon {
namespace {

using testing::RawConnection;
using testing::ToyServer;
using namespace std::chrono_literals;

std::string get(std::string_view kind) {
    return "GET /stream/" + std::string(kind) + " HTTP/1.1\r\nHost: toy\r\n\r\n";
}

TEST(HttpStream, ArrivesPieceByPieceAndIsTheLastOfItsConnection) {
    ToyServer server;
    RawConnection connection(server.port());
    connection.send(get("finite"));
    const auto head = connection.receive().value();
    EXPECT_EQ(head.status, 200U);
    EXPECT_EQ(head.header("Transfer-Encoding"), "chunked");
    EXPECT_EQ(head.header("Content-Type"), "text/plain");
    EXPECT_EQ(head.header("Content-Length"), "(none)");
    EXPECT_EQ(head.header("Connection"), "close");
    for (const auto* piece : {"piece 1", "piece 2", "piece 3", ""}) {
        EXPECT_EQ(connection.receive_chunk(), piece);
    }
    EXPECT_TRUE(connection.ends());
    server.await_stream_end();
    ASSERT_EQ(server.exchanges().size(), 1U);
    EXPECT_TRUE(server.exchanges()[0].sent);
}

TEST(HttpStream, IsCutOffWhereItsSourceBreaks) {
    ToyServer server;
    RawConnection connection(server.port());
    connection.send(get("broken"));
    EXPECT_EQ(connection.receive().value().status, 200U);
    EXPECT_EQ(connection.receive_chunk(), "piece 1");
    EXPECT_EQ(connection.receive_chunk(), std::nullopt) << "it must not look complete";
    server.await_stream_end();
}

TEST(HttpStream, EndsWhenThePeerGoesAway) {
    ToyServer server;
    {
        RawConnection connection(server.port());
        connection.send(get("endless"));
        EXPECT_EQ(connection.receive().value().status, 200U);
        EXPECT_EQ(connection.receive_chunk(), "piece 1");
    }
    server.await_stream_end();
}

TEST(HttpStream, EndsWhenThePeerDoesNotReadInTime) {
    ToyServer server({.write = 100ms});
    RawConnection connection(server.port());
    connection.send(get("flood"));
    EXPECT_EQ(connection.receive().value().status, 200U);
    server.await_stream_end();
}

TEST(HttpStream, EndsProperlyWhenTheServerStops) {
    ToyServer server;
    RawConnection connection(server.port());
    connection.send(get("endless"));
    EXPECT_EQ(connection.receive().value().status, 200U);
    EXPECT_EQ(connection.receive_chunk(), "piece 1");
    auto stopped = server.stop(10s);
    EXPECT_EQ(connection.receive_chunk(), "") << "the peer learns that this was the end";
    EXPECT_TRUE(connection.ends());
    EXPECT_EQ(stopped.wait_for(5s), std::future_status::ready);
}

TEST(HttpStream, DoesNotBlockOtherConnections) {
    ToyServer server;
    {
        RawConnection endless(server.port());
        endless.send(get("endless"));
        EXPECT_EQ(endless.receive().value().status, 200U);
        RawConnection other(server.port());
        other.send("GET /hello HTTP/1.1\r\nHost: toy\r\n\r\n");
        EXPECT_EQ(other.receive().value().body, "hello");
    }
    server.await_stream_end();
}

TEST(HttpStream, SendsAPeerAwayThatTalksWithoutEnd) {
    ToyServer server;
    RawConnection connection(server.port());
    connection.send(get("endless"));
    EXPECT_EQ(connection.receive().value().status, 200U);
    connection.send(std::string(64 * 1024, 'x'));
    server.await_stream_end();
}

TEST(HttpStream, AnswersHeadWithoutAStream) {
    ToyServer server;
    RawConnection connection(server.port());
    connection.send("HEAD /stream/endless HTTP/1.1\r\nHost: toy\r\n\r\n");
    EXPECT_EQ(connection.receive(false).value().status, 200U);
    EXPECT_TRUE(connection.ends());
    server.await_stream_end();
}

}  // namespace
}  // namespace tenon
