#pragma once

#include "foundation/http/http_body_source.hpp"
#include "foundation/http/http_limits.hpp"
#include "foundation/http/http_server.hpp"
#include "foundation/http/router.hpp"
#include "foundation/http/tls/http_transport.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace tenon {

/// One connection, from accept to close. Everything runs on the socket's strand. [loop]
class HttpSession : public std::enable_shared_from_this<HttpSession> {
public:
    /// What all sessions of one server share.
    struct Shared {
        Router router;
        HttpLimits limits;
        std::shared_ptr<Gatekeeper> gate;
        std::shared_ptr<ServerTls> tls;
        std::function<void(const HttpExchange&)> on_exchange;
    };

    HttpSession(asio::ip::tcp::socket socket, std::shared_ptr<const Shared> shared);

    asio::any_io_executor executor() { return transport_.get_executor(); }

    /// Answers requests one after another until the peer, a limit or `drain` ends it.
    asio::awaitable<void> run();

    /// Ends the session after the request in flight, at once when there is none. [any-thread]
    void drain();

    /// Closes the socket whatever is in flight. [any-thread]
    void abort();

private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
    using Failure = boost::system::error_code;

    enum class Phase : std::uint8_t {
        greeting,
        idle,
        reading,
        handling,
        writing,
        streaming,
        lingering
    };

    asio::awaitable<bool> serve_one();
    asio::awaitable<bool> await_first_byte();
    asio::awaitable<Failure> read_head(Parser& parser);
    asio::awaitable<std::optional<HttpResponse>> admit(HttpRequest& request);
    asio::awaitable<Failure> read_body(Parser& parser);
    asio::awaitable<Failure> invite_body(const Parser& parser);
    asio::awaitable<bool> refuse(Failure failure);
    asio::awaitable<bool> answer(HttpRequest request, bool keep_alive);
    asio::awaitable<bool> answer_early(HttpRequest request, HttpResponse response, bool keep_alive);
    asio::awaitable<bool> send(HttpExchange& exchange, HttpResponse response, bool keep_alive);
    asio::awaitable<Failure> write(const HttpExchange& exchange, const HttpResponse& response);
    asio::awaitable<Failure> stream(const HttpExchange& exchange, const HttpResponse& response);
    asio::awaitable<Failure> write_chunks();
    asio::awaitable<std::optional<std::string>> next_piece();
    void watch_peer();
    void report(HttpExchange& exchange, HttpResponse& response, Failure failure);
    asio::awaitable<void> linger();

    void enter(Phase phase, std::chrono::milliseconds limit);
    void enter_unlimited(Phase phase);
    void expire();
    void close();

    HttpTransport transport_;
    std::string peer_;
    asio::steady_timer timer_;
    std::shared_ptr<const Shared> shared_;
    boost::beast::flat_buffer buffer_;
    std::shared_ptr<HttpBodySource> source_;  ///< Of the response that is being streamed.
    std::array<char, 512> unread_{};          ///< What a peer says while it is streamed to.
    std::size_t unread_bytes_ = 0;
    Phase phase_ = Phase::greeting;
    bool timed_out_ = false;
    bool draining_ = false;
    bool answered_last_ = false;  ///< A response has said that the connection closes.
};

}  // namespace tenon
