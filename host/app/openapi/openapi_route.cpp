#include "app/openapi/openapi_route.hpp"

#include "app/monitoring/config_route.hpp"
#include "app/openapi_text.hpp"
#include "foundation/error.hpp"
#include "foundation/json_slice.hpp"

#include <algorithm>
#include <string>

namespace tenon::app {
namespace {

asio::awaitable<HttpResponse> answer(HttpRequest /*request*/) {
    co_return HttpResponse{.body = std::string(openapi_text)};
}

std::string lower_case(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

void check_described(const JsonSlice& paths, const HttpRoute& route) {
    const auto path = paths.find(route.pattern);
    const auto operation = path ? path->find(lower_case(route.method)) : std::nullopt;
    if (!operation) {
        throw Exception(
            {ErrorCode::conflict,
             "openapi.json does not describe " + route.method + " " + route.pattern}
        );
    }
    const auto described = operation->find("x-permission");
    const auto permission = route.access.permission();
    const std::string said = described ? described->string().value_or("") : "";
    if (said != (permission ? to_string(*permission) : "")) {
        throw Exception(
            {ErrorCode::conflict,
             "openapi.json has '" + said + "' as the permission of " + route.method + " " +
                 route.pattern}
        );
    }
}

}  // namespace

void add_description_routes(Router& router, const HostOptions& options) {
    add_config_routes(router, options);
    router.add(
        {.method = "GET", .pattern = "/openapi.json", .access = Access::open(), .handler = answer}
    );
    const auto document = JsonSlice::parse(openapi_text).value();
    const auto paths = document.find("paths").value();
    for (const auto* route : router.routes()) {
        check_described(paths, *route);
    }
}

}  // namespace tenon::app
