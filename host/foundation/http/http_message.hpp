#pragma once

#include "foundation/http/access/caller.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon {

class HttpBodySource;

/// Names and values in the order they were sent.
using HttpFields = std::vector<std::pair<std::string, std::string>>;

/// A request as a handler sees it: complete, within the limits of the server, owning its text.
struct HttpRequest {
    std::string method{};  ///< Upper case, e.g. "GET".
    std::string path{};    ///< Without the query, still percent-encoded.
    HttpFields query{};    ///< Decoded.
    HttpFields headers{};
    HttpFields parameters{};  ///< The `{name}` parts of the route's pattern, decoded.
    std::string body{};
    std::string request_id{};  ///< The caller's X-Request-Id, or one made here.
    std::string peer{};        ///< The address it came from, without the port.
    Caller caller{};           ///< Whom its credentials name, and what that one may do.

    /// The first header of that name, whatever its case.
    std::optional<std::string_view> header(std::string_view name) const;

    /// The first value of that key in the query.
    std::optional<std::string_view> query_value(std::string_view key) const;

    /// The part of the path that the pattern calls `{name}`; empty when it has none of that name.
    std::string_view parameter(std::string_view name) const;
};

/// What a handler answers.
struct HttpResponse {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body{};
    HttpFields headers{};
    std::string log_detail{};                  ///< For the log only: never sent.
    std::shared_ptr<HttpBodySource> source{};  ///< In place of `body`, sent in chunks.
};

/// The answer that is `json`.
HttpResponse json_response(std::string json);

/// The words that belong to a status, e.g. "Not Found".
std::string_view status_phrase(unsigned status) noexcept;

/// The media type of a Content-Type value in lower case, without its parameters.
std::string media_type(std::string_view content_type);

/// True for a value that may be echoed as a request id: 1–128 of `A–Z a–z 0–9 . _ : -`.
bool is_request_id(std::string_view text) noexcept;

/// A fresh request id. [any-thread]
std::string make_request_id();

}  // namespace tenon
