#include "foundation/http/session/http_session.hpp"

#include "foundation/http/problem.hpp"
#include "foundation/http/session/http_wire.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>

#include <array>
#include <exception>
#include <optional>

namespace tenon {

namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t first_read_bytes = 4096;
constexpr std::chrono::milliseconds greeting_limit{10'000};  // For the handshake of TLS.
constexpr std::chrono::milliseconds linger_limit{1000};
constexpr std::size_t linger_bytes_max = 4 * 1024 * 1024;

HttpExchange exchange_of(const HttpRequest& request) {
    return {
        .request_id = request.request_id,
        .method = request.method,
        .path = request.path,
        .begun = Clock::now()
    };
}

}  // namespace

HttpSession::HttpSession(asio::ip::tcp::socket socket, std::shared_ptr<const Shared> shared)
    : transport_(std::move(socket), shared->tls ? shared->tls->context() : nullptr),
      timer_(transport_.get_executor()),
      shared_(std::move(shared)) {
    boost::system::error_code failure;  // A peer that is gone already shows on the first read.
    transport_.socket().set_option(asio::ip::tcp::no_delay(true), failure);
    const auto peer = transport_.socket().remote_endpoint(failure);
    peer_ = failure ? "" : peer.address().to_string();
}

asio::awaitable<void> HttpSession::run() {
    enter(Phase::greeting, greeting_limit);
    bool more = !co_await transport_.accept();
    while (more) {
        more = co_await serve_one();
    }
    co_await linger();
    timer_.cancel();
    close();
}

void HttpSession::drain() {
    asio::post(transport_.get_executor(), [self = shared_from_this()] {
        self->draining_ = true;
        if (self->phase_ == Phase::idle) {
            self->close();
        }
        if (self->source_) {
            self->source_->close();
        }
    });
}

void HttpSession::abort() {
    asio::post(transport_.get_executor(), [self = shared_from_this()] { self->close(); });
}

/// True when the connection may carry another request.
asio::awaitable<bool> HttpSession::serve_one() {
    if (!co_await await_first_byte()) {
        co_return false;
    }
    Parser parser;
    parser.header_limit(shared_->limits.header_bytes);
    parser.body_limit(shared_->limits.body_bytes);
    if (const auto failure = co_await read_head(parser)) {
        co_return co_await refuse(failure);
    }
    auto request = take_head(parser.get());
    request.peer = peer_;
    const bool keep_alive = parser.keep_alive();
    if (const auto problem = take_target(parser.get(), request)) {
        auto refusal = problem_response(*problem, request.request_id);
        co_return co_await answer_early(std::move(request), std::move(refusal), false);
    }
    if (auto refusal = co_await admit(request)) {
        // What is left of the request is not read, so nothing can follow it.
        const bool whole = keep_alive && parser.is_done();
        co_return co_await answer_early(std::move(request), *std::move(refusal), whole);
    }
    if (const auto failure = co_await read_body(parser)) {
        co_return co_await refuse(failure);
    }
    request.body = std::move(parser.get().body());
    co_return co_await answer(std::move(request), keep_alive);
}

asio::awaitable<bool> HttpSession::await_first_byte() {
    if (buffer_.size() > 0) {
        co_return true;  // The peer pipelines: its next request is here already.
    }
    if (draining_) {
        co_return false;
    }
    enter(Phase::idle, shared_->limits.idle);
    const auto [failure, size] =
        co_await transport_.async_read_some(buffer_.prepare(first_read_bytes), as_tuple);
    buffer_.commit(size);
    co_return !failure;
}

asio::awaitable<HttpSession::Failure> HttpSession::read_head(Parser& parser) {
    enter(Phase::reading, shared_->limits.read);
    const auto [failure, size] =
        co_await http::async_read_header(transport_, buffer_, parser, as_tuple);
    co_return failure;
}

/// The answer to a caller that may not do this, or not now; nothing for all others.
asio::awaitable<std::optional<HttpResponse>> HttpSession::admit(HttpRequest& request) {
    if (!shared_->gate) {
        request.caller.grants = Grants::all();
        co_return std::nullopt;
    }
    co_return co_await shared_->gate->admit(request, shared_->router.access_of(request));
}

asio::awaitable<HttpSession::Failure> HttpSession::read_body(Parser& parser) {
    if (const auto failure = co_await invite_body(parser)) {
        co_return failure;
    }
    const auto [failure, size] = co_await http::async_read(transport_, buffer_, parser, as_tuple);
    co_return failure;
}

/// Tells a caller that waits for permission (`Expect: 100-continue`) to send its body.
asio::awaitable<HttpSession::Failure> HttpSession::invite_body(const Parser& parser) {
    static constexpr std::string_view invitation = "HTTP/1.1 100 Continue\r\n\r\n";
    if (parser.is_done() || !beast::iequals(parser.get()[http::field::expect], "100-continue")) {
        co_return Failure{};
    }
    const auto [failure, size] =
        co_await asio::async_write(transport_, asio::buffer(invitation), as_tuple);
    co_return failure;
}

asio::awaitable<bool> HttpSession::refuse(Failure failure) {
    auto problem = problem_with(failure, shared_->limits);
    if (timed_out_) {
        problem = Problem{
            .status = 408,
            .code = "request_timeout",
            .detail = "the request was not complete within " +
                      std::to_string(shared_->limits.read.count()) + " ms; send it faster"
        };
    }
    if (!problem) {
        co_return false;
    }
    HttpExchange exchange{.request_id = make_request_id(), .begun = Clock::now()};
    auto response = problem_response(*problem, exchange.request_id);
    co_return co_await send(exchange, std::move(response), false);
}

asio::awaitable<bool> HttpSession::answer(HttpRequest request, bool keep_alive) {
    enter_unlimited(Phase::handling);
    HttpExchange exchange = exchange_of(request);
    const std::string origin(request.header("Origin").value_or(""));
    auto response = co_await shared_->router.respond(std::move(request));
    if (shared_->gate) {
        shared_->gate->finish(origin, response);
    }
    co_return co_await send(exchange, std::move(response), keep_alive);
}

asio::awaitable<bool> HttpSession::answer_early(
    HttpRequest request,
    HttpResponse response,
    bool keep_alive
) {
    HttpExchange exchange = exchange_of(request);
    if (shared_->gate) {
        shared_->gate->finish(request.header("Origin").value_or(""), response);
    }
    co_return co_await send(exchange, std::move(response), keep_alive);
}

/// True when the response was sent and the connection may carry another request.
asio::awaitable<bool> HttpSession::send(
    HttpExchange& exchange,
    HttpResponse response,
    bool keep_alive
) {
    enter(Phase::writing, shared_->limits.write);
    // A stream is the last that a connection carries: while it ran, the peer may have said
    // anything.
    keep_alive = keep_alive && !draining_ && !response.source;
    answered_last_ = !keep_alive;
    Failure failure;
    if (response.source) {
        failure = co_await stream(exchange, response);
    } else {
        failure = co_await write(exchange, response);
    }
    report(exchange, response, failure);
    co_return !failure && keep_alive;
}

asio::awaitable<HttpSession::Failure> HttpSession::write(
    const HttpExchange& exchange,
    const HttpResponse& response
) {
    const auto message = wire_response(response, exchange.request_id, !answered_last_);
    http::response_serializer<http::string_body, http::fields> serializer(message);
    if (exchange.method == "HEAD") {
        const auto [failure, size] =
            co_await http::async_write_header(transport_, serializer, as_tuple);
        co_return failure;
    }
    const auto [failure, size] = co_await http::async_write(transport_, serializer, as_tuple);
    co_return failure;
}

asio::awaitable<HttpSession::Failure> HttpSession::stream(
    const HttpExchange& exchange,
    const HttpResponse& response
) {
    const auto message = wire_header(response, exchange.request_id, false);
    http::response_serializer<http::empty_body, http::fields> serializer(message);
    const auto [failure, size] =
        co_await http::async_write_header(transport_, serializer, as_tuple);
    if (failure || exchange.method == "HEAD") {
        co_return failure;
    }
    source_ = response.source;
    if (draining_) {
        source_->close();
    }
    watch_peer();
    const auto outcome = co_await write_chunks();
    source_.reset();
    co_return outcome;
}

/// Ends when the source does, when a chunk is not taken in time, or when the peer has gone.
asio::awaitable<HttpSession::Failure> HttpSession::write_chunks() {
    while (true) {
        enter_unlimited(Phase::streaming);
        const auto piece = co_await next_piece();
        enter(Phase::writing, shared_->limits.write);
        if (!piece) {
            const auto [failure, size] =
                co_await asio::async_write(transport_, http::make_chunk_last(), as_tuple);
            co_return failure;
        }
        const auto chunk = http::make_chunk(asio::buffer(*piece));
        const auto [failure, size] = co_await asio::async_write(transport_, chunk, as_tuple);
        if (failure) {
            co_return failure;
        }
    }
}

/// What the source throws ends the stream in the middle, so that no peer takes it for the whole.
asio::awaitable<std::optional<std::string>> HttpSession::next_piece() {
    try {
        co_return co_await source_->next();
    } catch (const std::exception&) {
        close();
    }
    co_return std::nullopt;
}

/// Reads while a response is streamed, because only that tells when the peer has gone. What it says
/// is of no interest; one that says much is sent away.
void HttpSession::watch_peer() {
    transport_.async_read_some(
        asio::buffer(unread_),
        [self = shared_from_this()](Failure failure, std::size_t size) {
            if (!self->source_) {
                return;
            }
            self->unread_bytes_ += size;
            if (failure || self->unread_bytes_ > self->shared_->limits.header_bytes) {
                self->source_->close();
                return;
            }
            self->watch_peer();
        }
    );
}

void HttpSession::report(HttpExchange& exchange, HttpResponse& response, Failure failure) {
    if (shared_->on_exchange) {
        exchange.status = response.status;
        exchange.detail = std::move(response.log_detail);
        exchange.sent = !failure;
        exchange.duration = Clock::now() - exchange.begun;
        shared_->on_exchange(exchange);
    }
}

/// Lets the last response arrive: closing a socket that has unread input resets it away.
asio::awaitable<void> HttpSession::linger() {
    if (!answered_last_ || !transport_.socket().is_open()) {
        co_return;
    }
    enter(Phase::lingering, linger_limit);
    co_await transport_.finish();
    Failure failure;
    std::array<char, first_read_bytes> discarded{};
    for (std::size_t total = 0; !failure && total < linger_bytes_max;) {
        const auto [read_failure, size] =
            co_await transport_.socket().async_read_some(asio::buffer(discarded), as_tuple);
        failure = read_failure;
        total += size;
    }
}

void HttpSession::enter(Phase phase, std::chrono::milliseconds limit) {
    phase_ = phase;
    timer_.expires_after(limit);
    timer_.async_wait([self = shared_from_this()](Failure cancelled) {
        // A wait that ended just before the timer was set anew is told apart by the clock.
        if (!cancelled && self->timer_.expiry() <= Clock::now()) {
            self->expire();
        }
    });
}

void HttpSession::enter_unlimited(Phase phase) {
    phase_ = phase;
    timer_.expires_at(Clock::time_point::max());
}

void HttpSession::expire() {
    timed_out_ = true;
    if (phase_ != Phase::reading) {
        close();
        return;
    }
    // Ends the read in flight, and any later one, but leaves the way out open for the 408.
    Failure ignored;
    transport_.socket().shutdown(asio::ip::tcp::socket::shutdown_receive, ignored);
}

void HttpSession::close() {
    if (source_) {
        source_->close();
    }
    Failure ignored;  // Closing what is closed already is no failure.
    transport_.socket().close(ignored);
}

}  // namespace tenon
