#include "foundation/http/http_client.hpp"

#include "foundation/error.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <array>
#include <optional>

namespace tenon {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;

namespace {

using WireRequest = http::request<http::string_body>;

struct ServerAddress {
    std::string host;
    std::string port;
    std::string authority;  ///< For the Host header.
    std::string prefix;     ///< Without a slash at its end.
    bool tls = false;
};

[[noreturn]] void refuse_url(const std::string& url, const std::string& why) {
    throw Exception(
        {ErrorCode::invalid_input,
         "'" + url + "' is not the URL of a host: " + why + "; write it as http://127.0.0.1:8080"}
    );
}

ServerAddress parse_url(const std::string& text) {
    const auto url = boost::urls::parse_uri(text);
    if (!url) {
        refuse_url(text, "it is malformed");
    }
    const bool tls = url->scheme_id() == boost::urls::scheme::https;
    if (!tls && url->scheme_id() != boost::urls::scheme::http) {
        refuse_url(text, "only http and https are spoken");
    }
    if (url->host_address().empty()) {
        refuse_url(text, "it names no machine");
    }
    ServerAddress address;
    address.host = url->host_address();
    address.port =
        url->has_port() && !url->port().empty() ? std::string(url->port()) : (tls ? "443" : "80");
    address.tls = tls;
    address.authority = std::string(url->encoded_host_and_port());
    address.prefix = std::string(url->encoded_path());
    while (address.prefix.ends_with('/')) {
        address.prefix.pop_back();
    }
    return address;
}

void add_headers(WireRequest& request, const HttpFields& headers) {
    for (const auto& [name, value] : headers) {
        request.set(name, value);
    }
}

/// What a server must prove to be.
std::unique_ptr<ssl::context> trust(const std::filesystem::path& ca_file) {
    auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    boost::system::error_code failure;
    if (ca_file.empty()) {
        context->set_default_verify_paths(failure);
    } else {
        context->load_verify_file(ca_file.string(), failure);
    }
    if (failure) {
        throw Exception(
            {ErrorCode::invalid_input,
             "'" + ca_file.string() + "' is no file of certificates: " + failure.message()}
        );
    }
    return context;
}

/// Errors that mean the server closed a kept connection while nobody used it.
bool is_stale(boost::system::error_code failure) noexcept {
    return failure == http::error::end_of_stream || failure == ssl::error::stream_truncated ||
           failure == asio::error::connection_reset || failure == asio::error::broken_pipe ||
           failure == asio::error::eof;
}

}  // namespace

/// One TCP connection with an event loop of its own, run only while a request is in flight.
class HttpClient::Connection {
public:
    explicit Connection(Options options)
        : options_(std::move(options)), address_(parse_url(options_.url)), stream_(context_) {
        if (address_.tls) {
            trusted_ = trust(options_.ca_file);
        }
    }

    const std::string& url() const noexcept { return options_.url; }

    HttpReply send(http::verb verb, std::string_view target, std::string json) {
        WireRequest request{verb, address_.prefix + std::string(target), 11, std::move(json)};
        request.set(http::field::host, address_.authority);
        request.set(http::field::user_agent, "tenon");
        request.set(http::field::accept, "application/json");
        add_headers(request, options_.headers);
        if (!request.body().empty()) {
            request.set(http::field::content_type, "application/json");
        }
        request.prepare_payload();
        try {
            return send_fresh_or_kept(request);
        } catch (const boost::system::system_error& failure) {
            connected_ = false;
            throw Exception(explain(failure.code()));
        }
    }

    HttpReply stream(
        std::string_view target,
        const HttpFields& headers,
        const std::function<bool(std::string_view)>& take
    ) {
        WireRequest request{http::verb::get, address_.prefix + std::string(target), 11};
        request.set(http::field::host, address_.authority);
        request.set(http::field::user_agent, "tenon");
        add_headers(request, options_.headers);
        add_headers(request, headers);
        connected_ = false;
        try {
            auto reply = run(stream_exchange(request, take));
            stream_.close();
            return reply;
        } catch (const boost::system::system_error& failure) {
            throw Exception(explain(failure.code()));
        }
    }

private:
    /// What `use` makes of the connection: in the clear or through TLS.
    template <class Use>
    auto over(const Use& use) {
        if (tls_) {
            return use(*tls_);
        }
        return use(stream_);
    }

    asio::awaitable<HttpReply> stream_exchange(
        const WireRequest& request,
        const std::function<bool(std::string_view)>& take
    ) {
        co_await connect();
        connected_ = false;
        stream_.expires_after(options_.timeout);
        co_await write(request);
        http::response_parser<http::buffer_body> parser;
        parser.body_limit(boost::none);
        auto reading = over([&](auto& stream) {
            return http::async_read_header(stream, buffer_, parser, asio::use_awaitable);
        });
        co_await std::move(reading);
        HttpReply reply{.status = parser.get().result_int()};
        const bool wanted = parser.get().result() == http::status::ok;
        std::array<char, 16384> piece{};
        for (bool more = true; more && !parser.is_done();) {
            parser.get().body().data = piece.data();
            parser.get().body().size = piece.size();
            stream_.expires_after(options_.timeout);
            auto taking = over([&](auto& stream) {
                return http::async_read_some(
                    stream, buffer_, parser, asio::as_tuple(asio::use_awaitable)
                );
            });
            const auto [failure, size] = co_await std::move(taking);
            if (failure && failure != http::error::need_buffer) {
                throw boost::system::system_error(failure);
            }
            const std::string_view bytes(piece.data(), piece.size() - parser.get().body().size);
            if (wanted) {
                more = bytes.empty() || take(bytes);
            } else {
                more = reply.body.size() < options_.reply_bytes;
                reply.body += bytes;
            }
        }
        co_return reply;
    }

    HttpReply send_fresh_or_kept(const WireRequest& request) {
        const bool repeatable = connected_ && request.method() == http::verb::get;
        try {
            return run(exchange(request));
        } catch (const boost::system::system_error& failure) {
            connected_ = false;
            if (!repeatable || !is_stale(failure.code())) {
                throw;
            }
        }
        return run(exchange(request));
    }

    HttpReply run(asio::awaitable<HttpReply> work) {
        auto reply = asio::co_spawn(context_, std::move(work), asio::use_future);
        context_.restart();
        context_.run();
        return reply.get();
    }

    asio::awaitable<HttpReply> exchange(const WireRequest& request) {
        if (!connected_) {
            co_await connect();
        }
        stream_.expires_after(options_.timeout);
        co_await write(request);
        http::response_parser<http::string_body> parser;
        parser.body_limit(options_.reply_bytes);
        auto reading = over([&](auto& stream) {
            return http::async_read(stream, buffer_, parser, asio::use_awaitable);
        });
        co_await std::move(reading);
        stream_.expires_never();
        connected_ = parser.get().keep_alive();
        co_return take_reply(parser.release());
    }

    asio::awaitable<void> connect() {
        buffer_.clear();
        tls_.reset();
        stream_.close();
        asio::ip::tcp::resolver resolver(context_);
        const auto endpoints =
            co_await resolver.async_resolve(address_.host, address_.port, asio::use_awaitable);
        stream_.expires_after(options_.connect_timeout);
        co_await stream_.async_connect(endpoints, asio::use_awaitable);
        stream_.socket().set_option(asio::ip::tcp::no_delay(true));
        if (trusted_) {
            co_await greet();
        }
        connected_ = true;
    }

    /// The handshake, within the limit for connecting.
    asio::awaitable<void> greet() {
        tls_.emplace(stream_, *trusted_);
        tls_->set_verify_mode(ssl::verify_peer);
        tls_->set_verify_callback(ssl::host_name_verification(address_.host));
        SSL_set_tlsext_host_name(tls_->native_handle(), address_.host.c_str());
        co_await tls_->async_handshake(ssl::stream_base::client, asio::use_awaitable);
    }

    asio::awaitable<std::size_t> write(const WireRequest& request) {
        return over([&](auto& stream) {
            return http::async_write(stream, request, asio::use_awaitable);
        });
    }

    static HttpReply take_reply(http::response<http::string_body> message) {
        HttpReply reply{.status = message.result_int()};
        for (const auto& field : message) {
            reply.headers.emplace_back(
                std::string(field.name_string()), std::string(field.value())
            );
        }
        reply.body = std::move(message.body());
        return reply;
    }

    Error explain(boost::system::error_code failure) const {
        if (failure == beast::error::timeout) {
            return {ErrorCode::deadline_exceeded, url() + " did not answer in time"};
        }
        if (failure == http::error::body_limit) {
            return {
                ErrorCode::unavailable,
                url() + " answered with more than " + std::to_string(options_.reply_bytes) +
                    " bytes"
            };
        }
        if (failure.category() == asio::error::get_ssl_category()) {
            return {
                ErrorCode::unavailable,
                "no trust in " + url() + ": " + sentence(failure) +
                    "; give the certificate of its authority with TENON_CA_FILE"
            };
        }
        if (failure == http::error::end_of_stream || failure == http::error::partial_message) {
            return {ErrorCode::unavailable, url() + " closed the connection without an answer"};
        }
        return {ErrorCode::unavailable, "cannot reach " + url() + ": " + sentence(failure)};
    }

    static std::string sentence(boost::system::error_code failure) {
        auto text = failure.message();
        if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z') {
            text.front() = static_cast<char>(text.front() - 'A' + 'a');
        }
        return text;
    }

    Options options_;
    ServerAddress address_;
    asio::io_context context_;
    beast::tcp_stream stream_;
    std::unique_ptr<ssl::context> trusted_;  ///< Null: in the clear.
    std::optional<ssl::stream<beast::tcp_stream&>> tls_;
    beast::flat_buffer buffer_;
    bool connected_ = false;
};

HttpClient::HttpClient(Options options)
    : connection_(std::make_unique<Connection>(std::move(options))) {}

HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

const std::string& HttpClient::url() const noexcept {
    return connection_->url();
}

HttpReply HttpClient::get(std::string_view target) {
    return connection_->send(http::verb::get, target, {});
}

HttpReply HttpClient::post(std::string_view target, std::string json) {
    return connection_->send(http::verb::post, target, std::move(json));
}

HttpReply HttpClient::send(std::string_view method, std::string_view target, std::string json) {
    return connection_->send(http::string_to_verb(method), target, std::move(json));
}

HttpReply HttpClient::stream(
    std::string_view target,
    const HttpFields& headers,
    const std::function<bool(std::string_view)>& take
) {
    return connection_->stream(target, headers, take);
}

}  // namespace tenon
