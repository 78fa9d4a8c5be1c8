// Callers of a real host that are slow, many, hasty, half gone, or that hide one request in
// another.

#include "support/api_contract.hpp"
#include "support/host_process.hpp"
#include "support/postgres.hpp"
#include "support/raw_connection.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <deque>
#include <fstream>
#include <sys/resource.h>

namespace tenon::testing {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr rlim_t descriptors_wanted = 24'000;

/// Raises what this process, and the hosts that it starts, may open. Returns what it is now.
rlim_t raise_descriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::min(limit.rlim_max, descriptors_wanted);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

class Robustness : public DatabaseTest {
protected:
    void start(std::vector<std::string> more = {}) {
        host_ = start_host(
            {.database_url = conninfo(),
             .role = "orchestration",
             .plugins = {},
             .more = std::move(more)}
        );
        client_.emplace(HttpClient::Options{.url = host_->url(), .timeout = 2s});
        port_ =
            static_cast<std::uint16_t>(std::stoul(host_->url().substr(host_->url().rfind(':') + 1))
            );
    }

    void expect_served() {
        const auto begun = std::chrono::steady_clock::now();
        EXPECT_EQ(client_->get("/v1/dlq/stats").status, 200U);
        EXPECT_LT(std::chrono::steady_clock::now() - begun, 1s);
    }

    std::size_t resident_kib() const {
        std::ifstream status("/proc/" + std::to_string(host_->pid()) + "/status");
        std::string word;
        std::size_t kib = 0;
        while (status >> word) {
            if (word == "VmRSS:") {
                status >> kib;
            }
        }
        return kib;
    }

    std::unique_ptr<HostProcess> host_;
    std::optional<ApiClient> client_;
    std::uint16_t port_ = 0;
};

TEST_F(Robustness, ServesOthersBesideTenThousandIdleConnections) {
    const auto descriptors = raise_descriptors();
    const std::size_t wanted = std::min<std::size_t>(10'000, descriptors / 2 - 200);
    start({"--connections", std::to_string(wanted + 100)});
    expect_served();
    const auto before = resident_kib();
    std::deque<RawConnection> idle;
    while (idle.size() < wanted) {
        idle.emplace_back(port_);
    }
    expect_served();
    EXPECT_LT((resident_kib() - before) / wanted, 24U) << "KiB for each";
    idle.clear();
    expect_served();
}

TEST_F(Robustness, ServesOthersBesideCallersThatNeverComeToAnEnd) {
    start({"--connections", "400"});
    std::deque<RawConnection> slow;
    for (int i = 0; i < 300; ++i) {
        slow.emplace_back(port_);
        EXPECT_TRUE(slow.back().send(
            i % 2 == 0 ? "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
                       : "POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                         "application/json\r\nContent-Length: 1000000\r\n\r\n{"
        ));
    }
    const auto before = resident_kib();
    for (int round = 0; round < 20; ++round) {
        for (auto& connection : slow) {
            connection.send("x");
        }
        expect_served();
    }
    EXPECT_LT(resident_kib(), before + 20'000);
}

TEST_F(Robustness, TurnsAwayWhoIsOneTooManyAndServesTheRest) {
    start({"--connections", "10"});
    expect_served();
    std::deque<RawConnection> held;
    for (int i = 0; i < 9; ++i) {
        held.emplace_back(port_);
    }
    RawConnection one_more(port_);
    EXPECT_EQ(one_more.receive().value().status, 503U);
    expect_served();
    held.clear();
    EXPECT_TRUE(eventually([&] {
        RawConnection again(port_);
        again.send("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        const auto reply = again.receive();
        return reply && reply->status == 200;
    }));
}

TEST_F(Robustness, AnswersPipelinedRequestsInTheirOrder) {
    start();
    RawConnection connection(port_);
    std::string all;
    for (int i = 0; i < 100; ++i) {
        const auto path = i % 3 == 0 ? "/v1/dlq/stats" : i % 3 == 1 ? "/health" : "/v1/nothing";
        all += std::string("GET ") + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-Id: r" +
               std::to_string(i) + "\r\n\r\n";
    }
    connection.send(all);
    for (int i = 0; i < 100; ++i) {
        const auto reply = connection.receive();
        ASSERT_TRUE(reply) << i;
        EXPECT_EQ(reply->header("X-Request-Id"), "r" + std::to_string(i));
        EXPECT_EQ(reply->status, i % 3 == 2 ? 404U : 200U);
    }
}

TEST_F(Robustness, AnswersACallerThatHasClosedItsHalf) {
    start();
    RawConnection connection(port_);
    connection.send("GET /v1/dlq/stats HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    connection.finish_sending();
    EXPECT_EQ(connection.receive().value().status, 200U);
    EXPECT_TRUE(connection.ends());

    RawConnection truncated(port_);
    truncated.send(
        "POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json"
        "\r\nContent-Length: 100\r\n\r\n{\"namespace\":"
    );
    truncated.finish_sending();
    EXPECT_EQ(truncated.receive().value().status, 400U);
    EXPECT_TRUE(truncated.ends());
    expect_served();
}

TEST_F(Robustness, RefusesBodiesBeyondTheLimitHoweverTheyCome) {
    start({"--body-kib", "2"});
    const std::string head =
        "POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: application/json\r\n";
    RawConnection announced(port_);
    announced.send(head + "Content-Length: 99999999999\r\n\r\n");
    EXPECT_EQ(announced.receive().value().status, 413U);
    RawConnection chunked(port_);
    chunked.send(head + "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 20; ++i) {
        chunked.send("100\r\n" + std::string(256, ' ') + "\r\n");
    }
    EXPECT_EQ(chunked.receive().value().status, 413U);
    expect_served();
}

TEST_F(Robustness, LetsNoRequestHideInAnother) {
    start();
    const std::string hidden =
        "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-Id: hidden\r\n\r\n";
    const auto length = std::to_string(hidden.size());
    const std::vector<std::string> headers{
        "Content-Length: 0\r\nContent-Length: " + length,
        "Content-Length: " + length + "\r\nContent-Length: 0",
        "Content-Length: 0, " + length,
        "Content-Length: +0",
        "Content-Length: -0",
        "Content-Length: 0x0",
        "Content-Length: 0 0",
        "Content-Length: 18446744073709551616",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 0",
        "Content-Length : 0",
        "Content\x01-Length: 0",
        "X: a\nContent-Length: 0",
        "X: a\r\n\tContent-Length: 0\r\nX Y: b",
    };
    for (const auto& header : headers) {
        RawConnection connection(port_);
        connection.send(
            "POST /v1/tasks:batch HTTP/1.1\r\nHost: 127.0.0.1\r\n" + header + "\r\n\r\n" + hidden
        );
        connection.finish_sending();
        const auto all = connection.receive_all();
        EXPECT_THAT(all, ::testing::StartsWith("HTTP/1.1 400")) << header;
        EXPECT_THAT(all, ::testing::Not(HasSubstr("hidden"))) << header;
    }
    for (const std::string coding :
         {"xchunked", "identity", "chunked, identity", "gzip, chunked", "chunked, chunked"}) {
        RawConnection connection(port_);
        connection.send(
            "POST /v1/tasks:batch HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: " + coding +
            "\r\n\r\n0\r\n\r\n" + hidden
        );
        connection.finish_sending();
        const auto all = connection.receive_all();
        EXPECT_THAT(all, ::testing::StartsWith("HTTP/1.1 4")) << coding;
        EXPECT_THAT(all, ::testing::Not(HasSubstr("hidden"))) << coding;
    }
    expect_served();
}

}  // namespace
}  // namespace tenon::testing
