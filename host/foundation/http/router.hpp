#pragma once

#include "foundation/http/access/access.hpp"
#include "foundation/http/http_message.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

namespace asio = boost::asio;

/// Answers one request. Runs on the connection's executor; whatever it throws becomes a problem.
using HttpHandler = std::function<asio::awaitable<HttpResponse>(HttpRequest)>;

/// One entry of a server's table.
struct HttpRoute {
    std::string method;   ///< Upper case. A GET route also answers HEAD.
    std::string pattern;  ///< E.g. "/v1/tasks/{uuid}"; `{uuid}` stands for one segment.
    Access access;        ///< Who may use it.
    HttpHandler handler;
    std::string consumes{};   ///< Media type that the body must have; empty: any.
    bool revalidated = true;  ///< Whether answers to GET carry an ETag.
};

/// The table of a server's routes. Filled while the server is wired, then only read.
/// [setup] for `add`, [any-thread] for the rest.
class Router {
public:
    /// Literal segments win over `{name}`. Throws ErrorCode::conflict for a route that exists.
    void add(HttpRoute route);

    /// Who may use the route that would answer `request`; nothing when none would.
    std::optional<Access> access_of(const HttpRequest& request) const;

    /// The routes, in no order that matters.
    std::vector<const HttpRoute*> routes() const;

    /// Answers `request` by its route, or by a problem: 404, 405 with Allow, 415, what the
    /// handler's Exception means, or 500 without details for anything else.
    asio::awaitable<HttpResponse> respond(HttpRequest request) const;

private:
    struct Entry {
        HttpRoute route;
        std::vector<std::string> segments;
    };

    const Entry* find(std::string_view method, const std::vector<std::string>& path) const;
    std::string allowed_methods(const std::vector<std::string>& path) const;
    HttpResponse refuse(const HttpRequest& request, const std::vector<std::string>& path) const;

    std::vector<Entry> entries_;
};

}  // namespace tenon
