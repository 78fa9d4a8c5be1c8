#include "foundation/http/http_server.hpp"

#include "foundation/http/problem.hpp"
#include "foundation/http/session/http_session.hpp"
#include "foundation/http/session/http_wire.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/write.hpp>

#include <array>
#include <charconv>
#include <sstream>
#include <unordered_set>

namespace tenon {

using asio::ip::tcp;

namespace {

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds accept_pause{50};  // While descriptors are exhausted.
constexpr std::chrono::milliseconds abort_limit{500};

std::string to_string(const ListenAddress& listen) {
    const bool v6 = listen.host.find(':') != std::string::npos;
    return (v6 ? "[" + listen.host + "]" : listen.host) + ":" + std::to_string(listen.port);
}

std::string advice_for(boost::system::error_code failure) {
    if (failure == asio::error::address_in_use) {
        return "address already in use; stop the other process or choose another port with "
               "--listen";
    }
    if (failure == asio::error::access_denied) {
        return "permission denied; choose a port above 1023 with --listen";
    }
    if (failure == boost::system::errc::address_not_available) {
        return "this machine has no such address; choose one of its own with --listen";
    }
    return failure.message();
}

[[noreturn]] void fail_to_listen(const ListenAddress& listen, const std::string& why) {
    throw Exception({ErrorCode::unavailable, "cannot listen on " + to_string(listen) + ": " + why});
}

tcp::endpoint endpoint_of(const ListenAddress& listen) {
    boost::system::error_code failure;
    const auto host = listen.host == "localhost" ? std::string("127.0.0.1") : listen.host;
    const auto address = asio::ip::make_address(host, failure);
    if (failure) {
        fail_to_listen(
            listen, "'" + listen.host + "' is no address; give 127.0.0.1, 0.0.0.0, ::1 or another"
        );
    }
    return {address, listen.port};
}

void open(tcp::acceptor& acceptor, const ListenAddress& listen) {
    const auto endpoint = endpoint_of(listen);
    try {
        acceptor.open(endpoint.protocol());
        acceptor.set_option(tcp::acceptor::reuse_address(true));
        acceptor.bind(endpoint);
        acceptor.listen();
    } catch (const boost::system::system_error& failure) {
        fail_to_listen(listen, advice_for(failure.code()));
    }
}

/// Answers a connection beyond the limit. What does not fit the socket's buffer is dropped: the
/// server must not wait for a caller that it has no room for.
void turn_away(tcp::socket socket) {
    const auto request_id = make_request_id();
    const Problem full{
        .status = 503,
        .code = to_string(ErrorCode::unavailable),
        .detail = "too many connections; try again"
    };
    std::ostringstream text;
    text << wire_response(problem_response(full, request_id), request_id, false);
    const auto bytes = std::move(text).str();
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    std::array<char, 4096> unread{};  // Closing a socket with unread input resets it.
    socket.read_some(asio::buffer(unread), ignored);
    socket.write_some(asio::buffer(bytes), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace

bool is_loopback(const ListenAddress& listen) {
    boost::system::error_code failure;
    const auto address = asio::ip::make_address(listen.host, failure);
    return failure ? listen.host == "localhost" : address.is_loopback();
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
    const auto colon = text.rfind(':');
    auto host = text.substr(0, colon);
    if (colon == std::string_view::npos) {
        return Error{
            ErrorCode::invalid_input,
            "'" + std::string(text) + "' has no port; write it as 127.0.0.1:8080"
        };
    }
    const auto digits = text.substr(colon + 1);
    ListenAddress listen;
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), listen.port);
    if (failure != std::errc{} || end != digits.data() + digits.size()) {
        return Error{
            ErrorCode::invalid_input,
            "'" + std::string(digits) + "' is no port; give a number from 0 to 65535"
        };
    }
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    listen.host = host.empty() ? "0.0.0.0" : std::string(host);
    return listen;
}

/// Owns the listening socket and every session; its own state lives on one strand.
class HttpServer::Listener : public std::enable_shared_from_this<Listener> {
public:
    Listener(asio::any_io_executor executor, Router router, Options options)
        : executor_(std::move(executor)),
          strand_(asio::make_strand(executor_)),
          acceptor_(strand_),
          emptied_(strand_),
          listen_(std::move(options.listen)),
          shared_(std::make_shared<HttpSession::Shared>(HttpSession::Shared{
              .router = std::move(router),
              .limits = options.limits,
              .gate = std::move(options.gate),
              .tls = std::move(options.tls),
              .on_exchange = std::move(options.on_exchange)
          })) {
        open(acceptor_, listen_);
        listen_.port = acceptor_.local_endpoint().port();
    }

    const ListenAddress& listen_address() const noexcept { return listen_; }

    asio::any_io_executor strand() const { return strand_; }

    asio::awaitable<void> accept() {
        while (acceptor_.is_open()) {
            auto [failure, socket] =
                co_await acceptor_.async_accept(asio::make_strand(executor_), as_tuple);
            if (!failure) {
                admit(std::move(socket));
            } else if (acceptor_.is_open()) {
                co_await pause();
            }
        }
    }

    asio::awaitable<void> stop(std::chrono::milliseconds grace) {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        for (const auto& session : sessions_) {
            session->drain();
        }
        co_await await_empty(grace);
        for (const auto& session : sessions_) {
            session->abort();
        }
        co_await await_empty(abort_limit);
    }

private:
    void admit(tcp::socket socket) {
        if (sessions_.size() >= shared_->limits.connections) {
            if (!shared_->tls) {  // A handshake would be more than there is room for.
                turn_away(std::move(socket));
            }
            return;
        }
        const auto session = std::make_shared<HttpSession>(std::move(socket), shared_);
        sessions_.insert(session);
        // A session ends by returning; what a handler throws became a response long before.
        asio::co_spawn(
            session->executor(),
            session->run(),
            asio::bind_executor(
                strand_,
                [self = shared_from_this(), session](const std::exception_ptr& /*failure*/) {
                    self->forget(session);
                }
            )
        );
    }

    void forget(const std::shared_ptr<HttpSession>& session) {
        sessions_.erase(session);
        if (sessions_.empty()) {
            emptied_.cancel();
        }
    }

    asio::awaitable<void> await_empty(std::chrono::milliseconds limit) {
        if (!sessions_.empty()) {
            emptied_.expires_after(limit);
            co_await emptied_.async_wait(as_tuple);
        }
    }

    asio::awaitable<void> pause() {
        asio::steady_timer timer(strand_, accept_pause);
        co_await timer.async_wait(as_tuple);
    }

    asio::any_io_executor executor_;
    asio::strand<asio::any_io_executor> strand_;
    tcp::acceptor acceptor_;
    asio::steady_timer emptied_;
    ListenAddress listen_;
    std::shared_ptr<const HttpSession::Shared> shared_;
    std::unordered_set<std::shared_ptr<HttpSession>> sessions_;
};

HttpServer::HttpServer(asio::any_io_executor executor, Router router, Options options)
    : listener_(
          std::make_shared<Listener>(std::move(executor), std::move(router), std::move(options))
      ) {}

HttpServer::~HttpServer() = default;

const ListenAddress& HttpServer::listen_address() const noexcept {
    return listener_->listen_address();
}

asio::awaitable<void> HttpServer::run() {
    const auto listener = listener_;
    co_await asio::co_spawn(listener->strand(), listener->accept(), asio::use_awaitable);
}

asio::awaitable<void> HttpServer::stop(std::chrono::milliseconds grace) {
    const auto listener = listener_;
    co_await asio::co_spawn(listener->strand(), listener->stop(grace), asio::use_awaitable);
}

}  // namespace tenon
