#include "foundation/http/http_server.hpp"
#include "unit/foundation_http/toy_server.hpp"

#include <gtest/gtest.h>

namespace tenon {
namespace {

using testing::RawConnection;
using testing::ToyServer;
using namespace std::chrono_literals;

const std::string get_gate = "GET /gate HTTP/1.1\r\nHost: toy\r\n\r\n";
const std::string get_hello = "GET /hello HTTP/1.1\r\nHost: toy\r\n\r\n";

TEST(HttpServerStop, FinishesTheRequestInFlightAndClosesIdleConnections) {
    ToyServer server;
    RawConnection idle(server.port());
    idle.send(get_hello);
    EXPECT_EQ(idle.receive().value().body, "hello");
    RawConnection busy(server.port());
    busy.send(get_gate);
    server.await_entered();

    auto stopped = server.stop(10s);

    EXPECT_TRUE(idle.ends());
    EXPECT_THROW(RawConnection(server.port()), std::runtime_error);
    EXPECT_EQ(stopped.wait_for(0s), std::future_status::timeout);
    server.open_gate();
    const auto reply = busy.receive().value();
    EXPECT_EQ(reply.body, "through");
    EXPECT_EQ(reply.header("Connection"), "close");
    EXPECT_TRUE(busy.ends());
    EXPECT_EQ(stopped.wait_for(5s), std::future_status::ready);
}

TEST(HttpServerStop, CutsOffWhatDoesNotFinishInTime) {
    ToyServer server;
    RawConnection busy(server.port());
    busy.send(get_gate);
    server.await_entered();

    auto stopped = server.stop(50ms);

    EXPECT_EQ(stopped.wait_for(5s), std::future_status::ready);
    EXPECT_TRUE(busy.ends());
}

TEST(HttpServerStop, DoesNotWaitForARequestThatNeverCompletes) {
    ToyServer server;
    RawConnection half(server.port());
    half.send("GET /hello HT");
    RawConnection other(server.port());
    other.send(get_hello);
    EXPECT_EQ(other.receive().value().body, "hello");

    auto stopped = server.stop(50ms);

    EXPECT_EQ(stopped.wait_for(5s), std::future_status::ready);
    EXPECT_TRUE(half.ends());
}

TEST(HttpServerStop, FreesThePort) {
    ToyServer server;
    server.stop(1s).get();

    asio::io_context context;
    const HttpServer next(context.get_executor(), Router{}, {.listen = {.port = server.port()}});
    EXPECT_EQ(next.listen_address().port, server.port());
}

}  // namespace
}  // namespace tenon
