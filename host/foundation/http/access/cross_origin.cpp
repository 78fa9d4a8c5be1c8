#include "foundation/http/access/cross_origin.hpp"

#include "foundation/error.hpp"
#include "foundation/http/problem.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <utility>

namespace tenon {

namespace {

constexpr std::string_view methods = "GET, HEAD, POST, PUT, PATCH, DELETE";
constexpr std::string_view request_headers =
    "Authorization, Content-Type, If-None-Match, Last-Event-ID, X-API-Key, X-Request-Id";
constexpr std::string_view response_headers = "ETag, Location, Retry-After, X-Request-Id";
constexpr std::string_view seconds_to_remember = "600";

bool is_origin(const std::string& text) {
    const auto url = boost::urls::parse_uri(text);
    return url && (url->scheme() == "https" || url->scheme() == "http") &&
           !url->host_address().empty() && url->encoded_path().empty() && !url->has_query() &&
           !url->has_fragment() && !url->has_userinfo();
}

bool changes_something(const HttpRequest& request) {
    return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

/// "http://a:1" for the host "a:1", whichever scheme it came by.
bool is_same_origin(std::string_view origin, std::string_view host) {
    const auto slashes = origin.find("://");
    return slashes != std::string_view::npos && origin.substr(slashes + 3) == host;
}

/// A Host without its port is localhost or a numeric address, which no name server can point here.
bool is_local_name(std::string_view host) {
    std::string name(host);
    const bool v6 = name.starts_with('[');
    const auto colon = v6 ? name.find("]:") : name.rfind(':');
    name = name.substr(0, v6 && colon != std::string::npos ? colon + 1 : colon);
    if (v6 && name.ends_with(']')) {
        name = name.substr(1, name.size() - 2);
    }
    boost::system::error_code failure;
    boost::asio::ip::make_address(name, failure);
    return name == "localhost" || !failure;
}

HttpResponse forbidden(const HttpRequest& request, std::string detail) {
    return problem_response(
        {.status = 403, .code = "forbidden", .detail = std::move(detail)}, request.request_id
    );
}

}  // namespace

CrossOrigin::CrossOrigin(Options options) : options_(std::move(options)) {
    for (const auto& origin : options_.origins) {
        if (!is_origin(origin)) {
            throw Exception(
                {ErrorCode::invalid_input,
                 "'" + origin + "' is no origin of pages; write it as https://ops.example.com"}
            );
        }
    }
}

std::optional<HttpResponse> CrossOrigin::answer(const HttpRequest& request) const {
    const auto host = request.header("Host").value_or("");
    if (options_.local_names_only && !host.empty() && !is_local_name(host)) {
        return forbidden(
            request,
            "this host asks nobody who they are, so it answers only to localhost and to its "
            "address, not to '" +
                std::string(host.substr(0, 80)) + "'"
        );
    }
    const auto origin = request.header("Origin");
    if (!origin) {
        return std::nullopt;
    }
    if (request.method == "OPTIONS" && is_listed(*origin)) {
        return preflight(request);
    }
    if (changes_something(request) && !is_listed(*origin) && !is_same_origin(*origin, host)) {
        return forbidden(
            request,
            "pages of '" + std::string(origin->substr(0, 80)) +
                "' may not use this host; list the origin with --cors-origins"
        );
    }
    return std::nullopt;
}

void CrossOrigin::permit_reading(std::string_view origin, HttpResponse& response) const {
    if (options_.origins.empty()) {
        return;
    }
    response.headers.emplace_back("Vary", "Origin");
    if (is_listed(origin)) {
        response.headers.emplace_back("Access-Control-Allow-Origin", origin);
        response.headers.emplace_back("Access-Control-Expose-Headers", response_headers);
    }
}

bool CrossOrigin::is_listed(std::string_view origin) const {
    return std::ranges::find(options_.origins, origin) != options_.origins.end();
}

std::optional<HttpResponse> CrossOrigin::preflight(const HttpRequest& request) const {
    if (!request.header("Access-Control-Request-Method")) {
        return std::nullopt;
    }
    HttpResponse response{.status = 204};
    response.headers = {
        {"Access-Control-Allow-Methods", std::string(methods)},
        {"Access-Control-Allow-Headers", std::string(request_headers)},
        {"Access-Control-Max-Age", std::string(seconds_to_remember)}
    };
    return response;
}

}  // namespace tenon
