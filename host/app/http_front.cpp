#include "app/http_front.hpp"

#include "foundation/telemetry/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace tenon::app {
namespace {

constexpr std::string_view component = "http";
constexpr std::chrono::milliseconds grace(2000);
constexpr std::uint16_t orchestration_port = 8080;
constexpr std::uint16_t worker_port = 8081;

/// Refusals are counted; their lines are for those who look for one, or a flood would fill the log.
void report_refusal(const HttpExchange& exchange) {
    log::debug(
        component,
        exchange.method + " " + exchange.path + " refused with " + std::to_string(exchange.status) +
            ": " + exchange.detail + " (request " + exchange.request_id + ")"
    );
}

void report_failure(const HttpExchange& exchange) {
    if (exchange.status == 401 || exchange.status == 403 || exchange.status == 429) {
        report_refusal(exchange);
    }
    // That a host is not ready is an answer.
    if (exchange.status >= 500 && !exchange.path.starts_with("/health")) {
        log::error(
            component,
            exchange.method + " " + exchange.path + " answered " + std::to_string(exchange.status) +
                ": " + exchange.detail + " (request " + exchange.request_id + ")"
        );
    }
}

HttpServer::Options observed(HttpServer::Options options) {
    options.on_exchange = &report_failure;
    return options;
}

}  // namespace

ListenAddress usual_address(bool orchestration) {
    return {.host = "127.0.0.1", .port = orchestration ? orchestration_port : worker_port};
}

HttpFront::HttpFront(Router router, HttpServer::Options options)
    : busy_(context_.get_executor()),
      coroutines_(
          context_.get_executor(),
          [](std::string_view name, const std::exception_ptr&) {
              log::error(component, std::string(name) + " ended by an exception");
          }
      ),
      gate_(options.gate),
      scheme_(options.tls ? "https" : "http"),
      server_(context_.get_executor(), std::move(router), observed(std::move(options))) {}

HttpFront::~HttpFront() {
    stop();
}

Gatekeeper::Statistics HttpFront::access() const {
    return gate_ ? gate_->statistics() : Gatekeeper::Statistics{};
}

void HttpFront::start() {
    coroutines_.spawn("http server", server_.run());
    loop_ = std::thread([this] { context_.run(); });
    log::info(
        component,
        "listening on " + std::string(scheme_) + "://" + address().host + ":" +
            std::to_string(address().port)
    );
}

void HttpFront::stop() {
    if (!loop_.joinable()) {
        return;
    }
    asio::co_spawn(context_, server_.stop(grace), asio::use_future).wait();
    asio::co_spawn(context_, coroutines_.join(), asio::use_future).wait();
    busy_.reset();
    loop_.join();
}

}  // namespace tenon::app
