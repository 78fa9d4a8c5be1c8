#include "foundation/http/access/gatekeeper.hpp"

#include "foundation/http/problem.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace tenon {

namespace {

constexpr std::string_view scheme = "Bearer ";
constexpr std::string_view api_key_header = "X-API-Key";
constexpr double failure_burst = 20;

std::ptrdiff_t count_of(const HttpRequest& request, std::string_view name) {
    return std::ranges::count_if(request.headers, [&](const auto& header) {
        const auto& key = header.first;
        return boost::beast::iequals({key.data(), key.size()}, {name.data(), name.size()});
    });
}

bool has_credentials(const HttpRequest& request) {
    return count_of(request, "Authorization") + count_of(request, api_key_header) > 0;
}

/// The one credential of a request. The error says why there is none.
Result<std::string> credential_of(const HttpRequest& request) {
    if (count_of(request, "Authorization") + count_of(request, api_key_header) > 1) {
        return Error{ErrorCode::invalid_input, "the request has several credentials; send one"};
    }
    if (const auto key = request.header(api_key_header)) {
        return std::string(*key);
    }
    const auto value = request.header("Authorization").value_or("");
    const auto begin = value.substr(0, scheme.size());
    if (!boost::beast::iequals({begin.data(), begin.size()}, {scheme.data(), scheme.size()})) {
        return Error{
            ErrorCode::invalid_input, "the Authorization is not of the form 'Bearer <token>'"
        };
    }
    return std::string(value.substr(scheme.size()));
}

HttpResponse too_fast(const HttpRequest& request, std::chrono::milliseconds wait) {
    const auto seconds = std::max<std::int64_t>(1, (wait.count() + 999) / 1000);
    auto response = problem_response(
        {.status = 429,
         .code = "too_many_requests",
         .detail = "too many requests; come back in " + std::to_string(seconds) + " s"},
        request.request_id
    );
    response.headers.emplace_back("Retry-After", std::to_string(seconds));
    return response;
}

}  // namespace

Gatekeeper::Gatekeeper(Options options)
    : options_(std::move(options)),
      cross_origin_(options_.cross_origin),
      requests_({.per_second = options_.requests_per_second}),
      failures_({.per_second = options_.failures_per_second, .burst = failure_burst}) {}

asio::awaitable<std::optional<HttpResponse>> Gatekeeper::admit(
    HttpRequest& request,
    std::optional<Access> access
) {
    if (auto answer = cross_origin_.answer(request)) {
        co_return answer;
    }
    const bool open = access && !access->permission();
    if (!authenticates()) {
        request.caller = {.name = "", .grants = Grants::all()};
        co_return limit(request, request.peer);
    }
    if (open) {
        co_return limit(request, request.peer);
    }
    if (auto refusal = co_await identify(request)) {
        co_return refusal;
    }
    if (auto refusal = limit(request, request.caller.name)) {
        co_return refusal;
    }
    co_return authorize(request, access);
}

Gatekeeper::Statistics Gatekeeper::statistics() const noexcept {
    return {
        .authenticated = authenticated_, .failed = failed_, .denied = denied_, .limited = limited_
    };
}

/// Who fails too often is not even checked: guesses cost more than they tell.
asio::awaitable<std::optional<HttpResponse>> Gatekeeper::identify(HttpRequest& request) {
    if (const auto wait = failures_.look(request.peer)) {
        ++limited_;
        co_return too_fast(request, *wait);
    }
    if (!has_credentials(request)) {
        const Error none{ErrorCode::invalid_input, "the request has no credentials"};
        co_return unknown_caller(request, none);
    }
    auto caller = co_await verify(request);
    if (caller) {
        ++authenticated_;
        request.caller = *std::move(caller);
        co_return std::nullopt;
    }
    if (caller.error().code == ErrorCode::unavailable) {
        co_return problem_response(problem_of(caller.error()), request.request_id);
    }
    static_cast<void>(failures_.take(request.peer));
    co_return unknown_caller(request, caller.error());
}

asio::awaitable<Result<Caller>> Gatekeeper::verify(const HttpRequest& request) {
    auto credential = credential_of(request);
    if (!credential) {
        co_return credential.error();
    }
    const bool is_key = request.header(api_key_header) || credential->starts_with("tenon_");
    if (is_key && options_.keys) {
        co_return co_await options_.keys->verify(*std::move(credential));
    }
    if (!is_key && options_.tokens) {
        co_return options_.tokens->verify(*credential);
    }
    co_return Error{
        ErrorCode::invalid_input,
        is_key ? "this host takes no API keys" : "this host takes no bearer tokens"
    };
}

std::optional<HttpResponse> Gatekeeper::limit(
    const HttpRequest& request,
    const std::string& caller
) {
    if (const auto wait = requests_.take(caller)) {
        ++limited_;
        return too_fast(request, *wait);
    }
    return std::nullopt;
}

std::optional<HttpResponse> Gatekeeper::authorize(
    const HttpRequest& request,
    std::optional<Access> access
) {
    const auto needed = access ? access->permission() : std::nullopt;
    if (!needed || request.caller.grants.allow(*needed)) {
        return std::nullopt;
    }
    ++denied_;
    const std::string name(to_string(*needed));
    auto response = problem_response(
        {.status = 403,
         .code = "forbidden",
         .detail = request.caller.name + " lacks the permission " + name},
        request.request_id
    );
    response.headers.emplace_back(
        "WWW-Authenticate",
        R"(Bearer realm="tenon", error="insufficient_scope", scope=")" + name + '"'
    );
    return response;
}

/// RFC 6750 has no error for a request that did not try.
HttpResponse Gatekeeper::unknown_caller(const HttpRequest& request, const Error& why) {
    ++failed_;
    auto response = problem_response(
        {.status = 401,
         .code = "unauthorized",
         .detail = why.detail + "; send 'Authorization: Bearer <token>' or 'X-API-Key: <key>'"},
        request.request_id
    );
    std::string challenge = R"(Bearer realm="tenon")";
    if (has_credentials(request)) {
        challenge += R"(, error="invalid_token", error_description=")" + why.detail + '"';
    }
    response.headers.emplace_back("WWW-Authenticate", std::move(challenge));
    return response;
}

}  // namespace tenon
