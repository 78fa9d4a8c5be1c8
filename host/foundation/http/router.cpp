#include "foundation/http/router.hpp"

#include "foundation/error.hpp"
#include "foundation/http/problem.hpp"
#include "foundation/sha256.hpp"

#include <boost/url/pct_string_view.hpp>

#include <algorithm>
#include <exception>
#include <optional>

namespace tenon {

namespace {

using Segments = std::vector<std::string>;

bool is_placeholder(std::string_view segment) noexcept {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> parts;
    while (!path.empty()) {
        path.remove_prefix(1);  // The slash.
        const auto end = std::min(path.find('/'), path.size());
        parts.push_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return parts;
}

/// The decoded segments of an encoded path; nothing when an escape is malformed.
std::optional<Segments> decode(std::string_view path) {
    Segments segments;
    for (const auto part : split(path)) {
        const auto encoded =
            boost::urls::make_pct_string_view(boost::core::string_view(part.data(), part.size()));
        if (!encoded) {
            return std::nullopt;
        }
        segments.push_back(encoded->decode());
    }
    return segments;
}

bool matches(const Segments& pattern, const Segments& path) {
    return std::ranges::equal(pattern, path, [](const auto& expected, const auto& actual) {
        return is_placeholder(expected) ? !actual.empty() : expected == actual;
    });
}

HttpFields bind_parameters(const Segments& pattern, const Segments& path) {
    HttpFields parameters;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (is_placeholder(pattern[i])) {
            parameters.emplace_back(pattern[i].substr(1, pattern[i].size() - 2), path[i]);
        }
    }
    return parameters;
}

std::optional<Problem> unsupported_content(const HttpRequest& request, std::string_view consumes) {
    if (consumes.empty()) {
        return std::nullopt;
    }
    if (const auto coding = request.header("Content-Encoding"); coding && *coding != "identity") {
        return Problem{
            .status = 415,
            .code = "unsupported_media_type",
            .detail = "content encoding '" + std::string(*coding) +
                      "' is not supported; send the body unencoded"
        };
    }
    const auto type = media_type(request.header("Content-Type").value_or(""));
    if (type == consumes) {
        return std::nullopt;
    }
    return Problem{
        .status = 415,
        .code = "unsupported_media_type",
        .detail = (type.empty() ? "the request has no content type"
                                : "content type '" + type + "' is not supported") +
                  "; send 'Content-Type: " + std::string(consumes) + "'"
    };
}

std::string describe(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& known) {
        return known.what();
    } catch (...) {
        return "an exception of an unknown type";
    }
}

/// Runs the handler behind the last line of defence: nothing it throws gets past here.
asio::awaitable<HttpResponse> guarded(const HttpHandler& handler, HttpRequest request) {
    const auto request_id = request.request_id;
    try {
        co_return co_await handler(std::move(request));
    } catch (const Exception& failure) {
        co_return problem_response(problem_of({failure.code(), failure.what()}), request_id);
    } catch (...) {
        const Problem internal{
            .status = 500, .code = "internal", .detail = "the host failed to answer"
        };
        auto response = problem_response(internal, request_id);
        response.log_detail = describe(std::current_exception());
        co_return response;
    }
}

/// Whether a list of entity tags has this one, in its weak form or not.
bool lists(std::string_view known, std::string_view tag) {
    return known == "*" || known.find(tag) != std::string_view::npos;
}

/// Gives the answer the tag of its body, and spares the body for a caller that has it.
void revalidate(HttpResponse& response, std::string_view known) {
    constexpr std::size_t digits = 32;
    const auto tag = '"' + sha256_hex(response.body).substr(0, digits) + '"';
    response.headers.emplace_back("ETag", tag);
    if (lists(known, tag)) {
        response.status = 304;
        response.body.clear();
    }
}

}  // namespace

void Router::add(HttpRoute route) {
    auto segments = decode(route.pattern);
    if (!segments || !route.pattern.starts_with('/')) {
        throw Exception({ErrorCode::invalid_input, "'" + route.pattern + "' is no route pattern"});
    }
    const bool known = std::ranges::any_of(entries_, [&](const Entry& entry) {
        return entry.route.method == route.method && entry.segments == *segments;
    });
    if (known) {
        throw Exception(
            {ErrorCode::conflict, "route " + route.method + " " + route.pattern + " exists already"}
        );
    }
    // '{' sorts after every letter, so literal segments come before placeholders.
    const auto place = std::ranges::upper_bound(entries_, *segments, {}, &Entry::segments);
    entries_.insert(place, {std::move(route), std::move(*segments)});
}

std::optional<Access> Router::access_of(const HttpRequest& request) const {
    const auto path = decode(request.path);
    const auto* entry = path ? find(request.method, *path) : nullptr;
    return entry == nullptr ? std::nullopt : std::optional(entry->route.access);
}

std::vector<const HttpRoute*> Router::routes() const {
    std::vector<const HttpRoute*> routes;
    for (const auto& entry : entries_) {
        routes.push_back(&entry.route);
    }
    return routes;
}

asio::awaitable<HttpResponse> Router::respond(HttpRequest request) const {
    const auto path = decode(request.path);
    if (!path) {
        const Problem malformed{
            .status = 400,
            .code = "malformed_request",
            .detail = "the path has a malformed percent escape"
        };
        co_return problem_response(malformed, request.request_id);
    }
    const auto* entry = find(request.method, *path);
    if (entry == nullptr) {
        co_return refuse(request, *path);
    }
    if (const auto problem = unsupported_content(request, entry->route.consumes)) {
        co_return problem_response(*problem, request.request_id);
    }
    request.parameters = bind_parameters(entry->segments, *path);
    const bool reads = request.method == "GET" || request.method == "HEAD";
    const std::string known(request.header("If-None-Match").value_or(""));
    auto response = co_await guarded(entry->route.handler, std::move(request));
    if (reads && response.status == 200 && !response.source && entry->route.revalidated) {
        revalidate(response, known);
    }
    co_return response;
}

const Router::Entry* Router::find(std::string_view method, const Segments& path) const {
    const auto wanted = method == "HEAD" ? "GET" : method;
    const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
        return entry.route.method == wanted && matches(entry.segments, path);
    });
    return found == entries_.end() ? nullptr : &*found;
}

std::string Router::allowed_methods(const Segments& path) const {
    std::string methods;
    for (const auto& entry : entries_) {
        if (matches(entry.segments, path)) {
            methods += (methods.empty() ? "" : ", ") + entry.route.method;
            methods += entry.route.method == "GET" ? ", HEAD" : "";
        }
    }
    return methods;
}

HttpResponse Router::refuse(const HttpRequest& request, const Segments& path) const {
    auto allowed = allowed_methods(path);
    if (allowed.empty()) {
        const Problem unknown{
            .status = 404,
            .code = "not_found",
            .detail = "nothing is served at '" + request.path + "'"
        };
        return problem_response(unknown, request.request_id);
    }
    const Problem wrong_method{
        .status = 405,
        .code = "method_not_allowed",
        .detail = "'" + request.path + "' does not answer " + request.method + "; use " + allowed
    };
    auto response = problem_response(wrong_method, request.request_id);
    response.headers.emplace_back("Allow", std::move(allowed));
    return response;
}

}  // namespace tenon
