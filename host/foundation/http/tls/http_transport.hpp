#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace tenon {

namespace asio = boost::asio;

/// The bytes of one connection, in the clear or through TLS: an AsyncReadStream and
/// AsyncWriteStream of Asio. On the socket's executor. [loop]
class HttpTransport {
public:
    using Failure = boost::system::error_code;
    using executor_type = asio::ip::tcp::socket::executor_type;
    using lowest_layer_type = asio::ip::tcp::socket::lowest_layer_type;

    /// `tls` null: in the clear.
    HttpTransport(asio::ip::tcp::socket socket, std::shared_ptr<asio::ssl::context> tls)
        : socket_(std::move(socket)), context_(std::move(tls)) {
        if (context_) {
            tls_.emplace(socket_, *context_);
        }
    }

    HttpTransport(const HttpTransport&) = delete;
    HttpTransport& operator=(const HttpTransport&) = delete;
    ~HttpTransport() = default;

    executor_type get_executor() { return socket_.get_executor(); }

    asio::ip::tcp::socket& socket() noexcept { return socket_; }

    lowest_layer_type& lowest_layer() { return socket_.lowest_layer(); }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        if (tls_) {
            return tls_->async_read_some(buffers, std::forward<Token>(token));
        }
        return socket_.async_read_some(buffers, std::forward<Token>(token));
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        if (tls_) {
            return tls_->async_write_some(buffers, std::forward<Token>(token));
        }
        return socket_.async_write_some(buffers, std::forward<Token>(token));
    }

    /// Before anything else of a server's connection.
    asio::awaitable<Failure> accept() {
        if (!tls_) {
            co_return Failure{};
        }
        const auto [failure] = co_await tls_->async_handshake(
            asio::ssl::stream_base::server, asio::as_tuple(asio::use_awaitable)
        );
        co_return failure;
    }

    /// Tells the peer that nothing more comes.
    asio::awaitable<void> finish() {
        if (tls_) {
            co_await tls_->async_shutdown(asio::as_tuple(asio::use_awaitable));
        }
        Failure ignored;
        socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    }

private:
    asio::ip::tcp::socket socket_;
    std::shared_ptr<asio::ssl::context> context_;
    std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
};

}  // namespace tenon
