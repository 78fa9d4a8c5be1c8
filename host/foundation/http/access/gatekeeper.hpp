#pragma once

#include "foundation/http/access/access.hpp"
#include "foundation/http/access/api_key.hpp"
#include "foundation/http/access/cross_origin.hpp"
#include "foundation/http/access/rate_limiter.hpp"
#include "foundation/http/access/token_verifier.hpp"
#include "foundation/http/http_message.hpp"

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

namespace tenon {

/// Decides by a request's header alone whether it goes on: before its body is read, let alone
/// parsed. [any-thread]
class Gatekeeper {
public:
    struct Options {
        std::unique_ptr<TokenVerifier> tokens{};  ///< Null: no bearer tokens.
        std::unique_ptr<ApiKeys> keys{};          ///< Null: no API keys.
        CrossOrigin::Options cross_origin{};
        double requests_per_second = 0;  ///< Of one caller, or one address without credentials.
        double failures_per_second = 5;  ///< Of credentials from one address.
    };

    struct Statistics {
        std::uint64_t authenticated = 0;  ///< Requests with good credentials.
        std::uint64_t failed = 0;         ///< … with bad ones, or none where they are needed.
        std::uint64_t denied = 0;         ///< … without the permission.
        std::uint64_t limited = 0;        ///< … that came too fast.
    };

    explicit Gatekeeper(Options options);

    /// Whether callers must say who they are. Otherwise everybody may do everything.
    bool authenticates() const noexcept { return options_.tokens || options_.keys; }

    /// Fills `request.caller`, or gives the whole answer to a request that goes no further.
    /// `access` is that of its route; nothing where there is none, which only those may learn who
    /// have credentials.
    asio::awaitable<std::optional<HttpResponse>> admit(
        HttpRequest& request,
        std::optional<Access> access
    );

    /// Completes any answer to a request with that `Origin`, or an empty one.
    void finish(std::string_view origin, HttpResponse& response) const {
        cross_origin_.permit_reading(origin, response);
    }

    Statistics statistics() const noexcept;

private:
    asio::awaitable<std::optional<HttpResponse>> identify(HttpRequest& request);
    asio::awaitable<Result<Caller>> verify(const HttpRequest& request);
    std::optional<HttpResponse> limit(const HttpRequest& request, const std::string& caller);
    std::optional<HttpResponse> authorize(const HttpRequest& request, std::optional<Access> access);
    HttpResponse unknown_caller(const HttpRequest& request, const Error& why);

    Options options_;
    const CrossOrigin cross_origin_;
    RateLimiter requests_;
    RateLimiter failures_;
    std::atomic<std::uint64_t> authenticated_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<std::uint64_t> denied_{0};
    std::atomic<std::uint64_t> limited_{0};
};

}  // namespace tenon
