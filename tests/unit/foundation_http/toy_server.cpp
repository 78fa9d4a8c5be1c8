#include "unit/foundation_http/toy_server.hpp"

#include "foundation/http/http_body_source.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

#include <mutex>
#include <stdexcept>

namespace tenon::testing {

namespace {

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

}  // namespace tenon::testing
