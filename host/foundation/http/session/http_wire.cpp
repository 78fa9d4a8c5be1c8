#include "foundation/http/session/http_wire.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace tenon {

namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

std::string_view view(beast::string_view text) noexcept {
    return {text.data(), text.size()};
}

beast::string_view to_beast(std::string_view text) noexcept {
    return {text.data(), text.size()};
}

Problem malformed(std::string detail) {
    return {.status = 400, .code = "malformed_request", .detail = std::move(detail)};
}

/// HTTP/1.1 demands exactly one Host.
bool has_one_host(const WireRequest& message) {
    const auto count = message.count(http::field::host);
    return count == 1 || (count == 0 && message.version() < 11);
}

/// How the body is delimited must be beyond doubt, or a proxy might see another request in it.
bool is_plainly_delimited(const WireRequest& message) {
    const auto codings = message.count(http::field::transfer_encoding);
    const auto coding = message[http::field::transfer_encoding];
    return codings == 0 ||
           (codings == 1 && beast::iequals(coding, "chunked") && message.version() >= 11);
}

bool is_parse_failure(boost::system::error_code failure) noexcept {
    static const auto& category = http::make_error_code(http::error::bad_method).category();
    return failure.category() == category && failure != http::error::end_of_stream;
}

/// What every response says, whatever its body.
template <class Message>
void fill_header(Message& message, const HttpResponse& response, std::string_view request_id) {
    message.version(11);
    message.result(response.status);
    message.set("X-Request-Id", to_beast(request_id));
    for (const auto& [name, value] : response.headers) {
        message.set(name, value);
    }
    // What has a tag may be kept, but must be asked for every time.
    const bool kept = message.count(http::field::etag) > 0;
    message.set(http::field::cache_control, kept ? "private, no-cache" : "no-store");
}

}  // namespace

HttpRequest take_head(const WireRequest& message) {
    HttpRequest request;
    request.method = std::string(view(message.method_string()));
    for (const auto& field : message) {
        request.headers.emplace_back(view(field.name_string()), view(field.value()));
    }
    const auto offered = request.header("X-Request-Id").value_or("");
    request.request_id = is_request_id(offered) ? std::string(offered) : make_request_id();
    return request;
}

std::optional<Problem> take_target(const WireRequest& message, HttpRequest& request) {
    if (!has_one_host(message)) {
        return malformed("the request needs exactly one Host header");
    }
    if (!is_plainly_delimited(message)) {
        return malformed("the only transfer encoding is 'chunked', alone and in HTTP/1.1");
    }
    const auto url = boost::urls::parse_origin_form(message.target());
    if (!url) {
        return malformed("the request target is not of the form /path?query");
    }
    request.path = std::string(url->encoded_path());
    for (const auto& parameter : url->params()) {
        request.query.emplace_back(parameter.key, parameter.value);
    }
    return std::nullopt;
}

std::optional<Problem> problem_with(boost::system::error_code failure, const HttpLimits& limits) {
    if (failure == http::error::body_limit) {
        return Problem{
            .status = 413,
            .code = "payload_too_large",
            .detail = "the body is larger than " + std::to_string(limits.body_bytes) +
                      " bytes; send a smaller one"
        };
    }
    if (failure == http::error::header_limit) {
        return Problem{
            .status = 431,
            .code = "header_too_large",
            .detail = "the header is larger than " + std::to_string(limits.header_bytes) +
                      " bytes; send a smaller one"
        };
    }
    if (failure == http::error::partial_message) {
        return malformed("the request ended before it was complete");
    }
    if (is_parse_failure(failure)) {
        return malformed("the request is not valid HTTP/1.1: " + failure.message());
    }
    return std::nullopt;
}

WireResponse wire_response(
    const HttpResponse& response,
    std::string_view request_id,
    bool keep_alive
) {
    WireResponse message;
    fill_header(message, response, request_id);
    if (!response.body.empty()) {
        message.set(http::field::content_type, response.content_type);
    }
    message.body() = response.body;
    if (response.status != 204 && response.status != 304) {  // Which never have a body.
        message.content_length(response.body.size());
    }
    message.keep_alive(keep_alive);
    return message;
}

WireHeader wire_header(const HttpResponse& response, std::string_view request_id, bool keep_alive) {
    WireHeader message;
    fill_header(message, response, request_id);
    message.set(http::field::content_type, response.content_type);
    message.chunked(true);
    message.keep_alive(keep_alive);
    return message;
}

}  // namespace tenon
