#pragma once

#include "foundation/http/access/gatekeeper.hpp"
#include "foundation/http/http_limits.hpp"
#include "foundation/http/router.hpp"
#include "foundation/http/tls/server_tls.hpp"
#include "foundation/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tenon {

/// Where a server listens.
struct ListenAddress {
    std::string host = "127.0.0.1";  ///< A numeric address or "localhost".
    std::uint16_t port = 0;          ///< 0: any free port.
};

/// False where others than this machine can connect.
bool is_loopback(const ListenAddress& listen);

/// Reads "127.0.0.1:8080", "[::1]:8080", "localhost:8080" or ":8080" (which is every address).
Result<ListenAddress> parse_listen_address(std::string_view text);

/// One answered request, for the log.
struct HttpExchange {
    std::string request_id{};
    std::string method{};  ///< Empty, like the path, when the request could not be read.
    std::string path{};
    std::chrono::steady_clock::time_point begun{};  ///< When the request was complete.
    std::chrono::nanoseconds duration{};            ///< From there to the end of the response.
    unsigned status = 0;
    bool sent = false;     ///< False when the peer was gone before the response was out.
    std::string detail{};  ///< Why it was refused or failed; may be empty.
};

/// An HTTP/1.1 server: keep-alive, pipelining, everything limited, one coroutine a connection.
///
/// Each connection runs on a strand of its own, so handlers of different connections run
/// concurrently when the executor has several threads. [any-thread]
class HttpServer {
public:
    struct Options {
        ListenAddress listen{};
        HttpLimits limits{};
        std::shared_ptr<Gatekeeper> gate{};  ///< Null: everybody may do everything.
        std::shared_ptr<ServerTls> tls{};    ///< Null: in the clear.
        std::function<void(const HttpExchange&)> on_exchange{};  ///< [loop] May be empty.
    };

    /// Binds and listens at once: from here on callers can connect, and wait for `run`.
    /// Throws ErrorCode::unavailable with one sentence when the address cannot be had.
    HttpServer(asio::any_io_executor executor, Router router, Options options);
    ~HttpServer();

    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// The address with the port really listened on.
    const ListenAddress& listen_address() const noexcept;

    /// Serves until `stop`. Spawn exactly once.
    asio::awaitable<void> run();

    /// Stops accepting, lets requests in flight finish for at most `grace`, then closes what is
    /// left. Idle connections are closed at once.
    asio::awaitable<void> stop(std::chrono::milliseconds grace);

private:
    class Listener;
    std::shared_ptr<Listener> listener_;
};

}  // namespace tenon
