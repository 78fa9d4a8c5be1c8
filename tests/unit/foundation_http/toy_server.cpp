#include "unit/foundation_http/toy_server.hpp"

#include "foundation/http/http_body_source.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <mutex>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace tenon::testing {

namespace {

constexpr int receive_limit_seconds = 5;

asio::awaitable<HttpResponse> text(std::string body) {
    HttpResponse response{.content_type = "text/plain"};
    response.body = std::move(body);
    co_return response;
}

asio::awaitable<HttpResponse> fail(HttpRequest request) {
    const auto kind = request.parameter("kind");
    if (kind == "unknown") {
        throw std::runtime_error("password=secret");
    }
    for (const auto code :
         {ErrorCode::invalid_input,
          ErrorCode::not_found,
          ErrorCode::conflict,
          ErrorCode::unavailable,
          ErrorCode::deadline_exceeded}) {
        if (kind == to_string(code)) {
            throw Exception({code, "it is \"" + std::string(kind) + "\""});
        }
    }
    co_return HttpResponse{.status = 204};
}

asio::awaitable<HttpResponse> pass_gate(Channel<int>& entered, Channel<int>& gate) {
    co_await entered.send(0);
    co_await gate.receive();
    co_return co_await text("through");
}

/// A body of the kind that its URL names.
class ToySource : public HttpBodySource {
public:
    ToySource(std::string kind, const asio::any_io_executor& executor, Channel<int>& ended)
        : kind_(std::move(kind)),
          closed_(executor, asio::steady_timer::time_point::max()),
          ended_(ended) {}

    ~ToySource() override { ended_.try_send(0); }

    asio::awaitable<std::optional<std::string>> next() override {
        const auto number = ++pieces_;
        if (kind_ == "broken" && number > 1) {
            throw std::runtime_error("the source broke");
        }
        if (kind_ == "endless" && number > 1 && !is_closed_) {
            co_await closed_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        if (is_closed_ || (kind_ == "finite" && number > 3)) {
            co_return std::nullopt;
        }
        co_return kind_ == "flood" ? std::string(std::size_t{1} << 20U, 'x')
                                   : "piece " + std::to_string(number);
    }

    void close() override {
        is_closed_ = true;
        closed_.cancel();
    }

private:
    const std::string kind_;
    asio::steady_timer closed_;
    Channel<int>& ended_;
    int pieces_ = 0;
    bool is_closed_ = false;
};

asio::awaitable<HttpResponse> stream(HttpRequest request, Channel<int>& ended) {
    const auto executor = co_await asio::this_coro::executor;
    co_return HttpResponse{
        .content_type = "text/plain",
        .source =
            std::make_shared<ToySource>(std::string(request.parameter("kind")), executor, ended)
    };
}

void add_guarded_routes(Router& router) {
    router.add(
        {.method = "GET",
         .pattern = "/guarded",
         .access = Permission::tasks_read,
         .handler = [](const HttpRequest& request) { return text(request.caller.name); }}
    );
    router.add(
        {.method = "POST",
         .pattern = "/guarded",
         .access = Permission::tasks_create,
         .handler = [](HttpRequest request) { return text(std::move(request.body)); }}
    );
}

}  // namespace

ToyServer::ToyServer(HttpLimits limits, Guards guards)
    : tls_(guards.tls != nullptr),
      entered_(context_.get_executor(), 1000),
      gate_(context_.get_executor(), 1000),
      streams_ended_(context_.get_executor(), 1000) {
    const auto record = [this](const HttpExchange& exchange) {
        const std::scoped_lock lock(mutex_);
        exchanges_.push_back(exchange);
    };
    server_ = std::make_unique<HttpServer>(
        context_.get_executor(),
        routes(),
        HttpServer::Options{
            .limits = limits,
            .gate = std::move(guards.gate),
            .tls = std::move(guards.tls),
            .on_exchange = record
        }
    );
    asio::co_spawn(context_, server_->run(), asio::use_future);
    for (int i = 0; i < 2; ++i) {
        threads_.emplace_back([this] { context_.run(); });
    }
}

ToyServer::~ToyServer() {
    context_.stop();
    for (auto& thread : threads_) {
        thread.join();
    }
}

Router ToyServer::routes() {
    Router router;
    router.add(
        {.method = "GET",
         .pattern = "/hello",
         .access = Access::open(),
         .handler = [](const HttpRequest&) { return text("hello"); }}
    );
    router.add(
        {.method = "POST",
         .pattern = "/echo",
         .access = Access::open(),
         .handler = [](HttpRequest request) { return text(std::move(request.body)); },
         .consumes = "application/json"}
    );
    router.add(
        {.method = "GET",
         .pattern = "/items/{name}",
         .access = Access::open(),
         .handler =
             [](const HttpRequest& request) {
                 return text(
                     std::string(request.parameter("name")) + "|" +
                     std::string(request.query_value("q").value_or("(none)"))
                 );
             }}
    );
    router.add(
        {.method = "GET", .pattern = "/fail/{kind}", .access = Access::open(), .handler = fail}
    );
    router.add(
        {.method = "GET",
         .pattern = "/stream/{kind}",
         .access = Access::open(),
         .handler = [this](HttpRequest request
                    ) { return stream(std::move(request), streams_ended_); }}
    );
    router.add(
        {.method = "GET",
         .pattern = "/gate",
         .access = Access::open(),
         .handler = [this](const HttpRequest&) { return pass_gate(entered_, gate_); }}
    );
    add_guarded_routes(router);
    return router;
}

void ToyServer::await_entered() {
    asio::co_spawn(context_, entered_.receive(), asio::use_future).get();
}

void ToyServer::await_stream_end() {
    asio::co_spawn(context_, streams_ended_.receive(), asio::use_future).get();
}

std::future<void> ToyServer::stop(std::chrono::milliseconds grace) {
    return asio::co_spawn(context_, server_->stop(grace), asio::use_future);
}

std::vector<HttpExchange> ToyServer::exchanges() const {
    const std::scoped_lock lock(mutex_);
    return exchanges_;
}

std::string RawReply::header(std::string_view name) const {
    auto at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) {
        return "(none)";
    }
    at += name.size() + 4;
    return head.substr(at, head.find("\r\n", at) - at);
}

RawConnection::RawConnection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{.tv_sec = receive_limit_seconds, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket API's own idiom.
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket_);
        throw std::runtime_error("cannot connect to port " + std::to_string(port));
    }
}

RawConnection::~RawConnection() {
    ::close(socket_);
}

bool RawConnection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void RawConnection::finish_sending() {
    ::shutdown(socket_, SHUT_WR);
}

std::optional<RawReply> RawConnection::receive(bool with_body) {
    std::size_t end = std::string::npos;
    while ((end = buffered_.find("\r\n\r\n")) == std::string::npos) {
        if (!fill()) {
            return std::nullopt;
        }
    }
    RawReply reply{.head = buffered_.substr(0, end + 2)};
    buffered_.erase(0, end + 4);
    reply.status = static_cast<unsigned>(std::stoul(reply.head.substr(9, 3)));
    const auto length = reply.header("Content-Length");
    const auto size = with_body && length != "(none)" ? std::stoul(length) : 0UL;
    while (buffered_.size() < size) {
        if (!fill()) {
            return std::nullopt;
        }
    }
    reply.body = buffered_.substr(0, size);
    buffered_.erase(0, size);
    return reply;
}

std::optional<std::string> RawConnection::receive_chunk() {
    std::size_t end = 0;
    while ((end = buffered_.find("\r\n")) == std::string::npos) {
        if (!fill()) {
            return std::nullopt;
        }
    }
    const auto size = std::stoul(buffered_.substr(0, end), nullptr, 16);
    buffered_.erase(0, end + 2);
    if (!fill_up_to(size + 2)) {
        return std::nullopt;
    }
    auto chunk = buffered_.substr(0, size);
    buffered_.erase(0, size + 2);
    return chunk;
}

bool RawConnection::fill_up_to(std::size_t size) {
    while (buffered_.size() < size) {
        if (!fill()) {
            return false;
        }
    }
    return true;
}

bool RawConnection::ends() {
    char byte = 0;
    return buffered_.empty() && ::recv(socket_, &byte, 1, 0) == 0;
}

bool RawConnection::fill() {
    std::array<char, 16384> bytes{};
    const auto size = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (size <= 0) {
        return false;
    }
    buffered_.append(bytes.data(), static_cast<std::size_t>(size));
    return true;
}

}  // namespace tenon::testing
