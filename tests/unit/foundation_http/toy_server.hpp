#pragma once

#include "foundation/http/http_server.hpp"
#include "foundation/runtime/channel.hpp"
#include "support/raw_connection.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tenon::testing {

/// A server on a free loopback port with routes made for tests, on two threads of its own:
///
///   GET  /hello          "hello"
///   POST /echo           the body, only as application/json
///   GET  /guarded        who asks; for those with tasks:read
///   POST /guarded        the body; for those with tasks:create
///   GET  /items/{name}   the name, decoded, and the query's `q`
///   GET  /fail/{kind}    throws
///   GET  /gate           tells `entered`, then answers once `open_gate` was called
///   GET  /stream/{kind}  "finite": three pieces; "broken": one, then an exception; "endless": one,
///                        then none until it is closed; "flood": pieces of 1 MiB without end
class ToyServer {
public:
    /// What stands before the routes.
    struct Guards {
        std::shared_ptr<Gatekeeper> gate{};
        std::shared_ptr<ServerTls> tls{};
    };

    explicit ToyServer(HttpLimits limits = {}) : ToyServer(limits, Guards{}) {}

    ToyServer(HttpLimits limits, Guards guards);
    ~ToyServer();

    ToyServer(const ToyServer&) = delete;
    ToyServer& operator=(const ToyServer&) = delete;

    std::uint16_t port() const { return server_->listen_address().port; }

    std::string url() const {
        return (tls_ ? "https" : "http") + ("://127.0.0.1:" + std::to_string(port()));
    }

    /// Blocks until the handler of /gate was entered once more.
    void await_entered();

    void open_gate() { gate_.try_send(0); }

    /// Blocks until a stream has ended, whoever ended it.
    void await_stream_end();

    std::future<void> stop(std::chrono::milliseconds grace);
    std::vector<HttpExchange> exchanges() const;

private:
    Router routes();

    asio::io_context context_;
    bool tls_;
    Channel<int> entered_;
    Channel<int> gate_;
    Channel<int> streams_ended_;
    mutable std::mutex mutex_;  // Exchanges are recorded by two threads and read by a third.
    std::vector<HttpExchange> exchanges_;
    std::unique_ptr<HttpServer> server_;
    std::vector<std::thread> threads_;
};

}  // namespace tenon::testing
