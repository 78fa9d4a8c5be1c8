#include "foundation/http/health_routes.hpp"

#include "foundation/json_text.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <memory>
#include <variant>

namespace tenon {

namespace {

using Checks = std::shared_ptr<const std::vector<HealthCheck>>;

constexpr std::chrono::seconds check_limit{1};

/// One check that was made, with the measure of it.
struct CheckResult {
    HealthReport report;
    std::chrono::duration<double, std::milli> duration{};
    std::chrono::system_clock::time_point checked_at;
};

asio::awaitable<HealthReport> guarded(const HealthCheck& check) {
    try {
        co_return co_await check.check();
    } catch (const std::exception& failure) {
        co_return HealthReport{.status = HealthStatus::unhealthy, .message = failure.what()};
    }
}

asio::awaitable<void> run_out(std::chrono::milliseconds limit) {
    asio::steady_timer timer(co_await asio::this_coro::executor, limit);
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<CheckResult> perform(const HealthCheck& check) {
    using namespace asio::experimental::awaitable_operators;
    const auto begun = std::chrono::steady_clock::now();
    auto first = co_await (guarded(check) || run_out(check_limit));
    CheckResult result;
    if (auto* report = std::get_if<HealthReport>(&first)) {
        result.report = std::move(*report);
    } else {
        result.report = {.status = HealthStatus::unhealthy, .message = "no answer within 1 s"};
    }
    result.duration = std::chrono::steady_clock::now() - begun;
    result.checked_at = std::chrono::system_clock::now();
    co_return result;
}

std::string to_json(const CheckResult& result) {
    return fmt::format(
        R"({{"status":"{}","message":{},"duration_ms":{:.3f},"last_checked":"{:%FT%TZ}"}})",
        to_string(result.report.status),
        json_quote(result.report.message),
        result.duration.count(),
        fmt::gmtime(std::chrono::system_clock::to_time_t(result.checked_at))
    );
}

/// All checks together.
struct Findings {
    HealthStatus worst = HealthStatus::healthy;
    std::string entries;  ///< Members of a JSON object.

    bool ready() const { return worst != HealthStatus::unhealthy; }
};

asio::awaitable<Findings> perform_all(Checks checks) {
    Findings findings;
    for (const auto& check : *checks) {
        const auto result = co_await perform(check);
        findings.worst = std::max(findings.worst, result.report.status);
        findings.entries += (findings.entries.empty() ? "" : ",") + json_quote(check.name) + ":";
        findings.entries += to_json(result);
    }
    co_return findings;
}

asio::awaitable<HttpResponse> report_readiness(Checks checks) {
    const auto findings = co_await perform_all(checks);
    HttpResponse response{.status = findings.ready() ? 200U : 503U};
    response.body = fmt::format(
        R"({{"status":"{}","ready":{},"checks":{{{}}}}})"
        "\n",
        to_string(findings.worst),
        findings.ready(),
        findings.entries
    );
    co_return response;
}

std::string to_json(const CircuitBreaker::Status& breaker) {
    return fmt::format(
        R"({{"name":{},"state":"{}","failures":{},"failed_total":{},"opened_total":{},)"
        R"("refused_total":{},"since_ms":{},"last_error":{}}})",
        json_quote(breaker.name),
        to_string(breaker.state),
        breaker.failures,
        breaker.failed,
        breaker.opened,
        breaker.refused,
        breaker.since.count(),
        json_quote(breaker.last_error)
    );
}

asio::awaitable<HttpResponse> report_details(Checks checks, BreakerStatuses breakers) {
    auto findings = co_await perform_all(checks);
    std::string list;
    for (const auto& breaker : breakers ? breakers() : std::vector<CircuitBreaker::Status>{}) {
        if (breaker.state == CircuitState::open) {
            findings.worst = std::max(findings.worst, HealthStatus::degraded);
        }
        list += (list.empty() ? "" : ",") + to_json(breaker);
    }
    HttpResponse response;
    response.body = fmt::format(
        R"({{"status":"{}","ready":{},"checks":{{{}}},"circuit_breakers":[{}]}})"
        "\n",
        to_string(findings.worst),
        findings.ready(),
        findings.entries,
        list
    );
    co_return response;
}

asio::awaitable<HttpResponse> report(std::string_view status) {
    HttpResponse response;
    response.body = R"({"status":")" + std::string(status) + "\"}\n";
    co_return response;
}

}  // namespace

std::string_view to_string(HealthStatus status) noexcept {
    switch (status) {
        case HealthStatus::healthy: return "healthy";
        case HealthStatus::degraded: return "degraded";
        case HealthStatus::unhealthy: return "unhealthy";
    }
    return "unknown";
}

void add_health_routes(Router& router, std::vector<HealthCheck> checks, BreakerStatuses breakers) {
    const auto shared = std::make_shared<const std::vector<HealthCheck>>(std::move(checks));
    const auto healthy = [](const HttpRequest&) { return report("healthy"); };
    const auto alive = [](const HttpRequest&) { return report("alive"); };
    const auto ready = [shared](const HttpRequest&) { return report_readiness(shared); };
    const auto detailed = [shared, breakers = std::move(breakers)](const HttpRequest&) {
        return report_details(shared, breakers);
    };
    const auto add = [&](std::string pattern, Access access, HttpHandler handler) {
        router.add(
            {.method = "GET",
             .pattern = std::move(pattern),
             .access = access,
             .handler = std::move(handler),
             .revalidated = false}
        );
    };
    add("/health", Access::open(), healthy);
    add("/health/live", Access::open(), alive);
    add("/health/ready", Access::open(), ready);
    add("/health/detailed", Permission::system_metrics_read, detailed);
}

}  // namespace tenon
