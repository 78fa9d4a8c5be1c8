#include "orchestration/web/template_routes.hpp"

#include "foundation/error.hpp"
#include "foundation/json_text.hpp"
#include "orchestration/web/path_parameters.hpp"

#include <fmt/format.h>
#include <optional>
#include <string>
#include <utility>

namespace tenon::orchestration {

namespace {

/// Without the closing brace.
std::string description_json(const RegisteredTemplate& known) {
    return fmt::format(
        R"({{"namespace":{},"name":{},"version":{},"content_hash":{},"step_count":{})",
        json_quote(known.namespace_name),
        json_quote(known.name),
        json_quote(known.version),
        json_quote(known.content_hash),
        known.step_count
    );
}

asio::awaitable<HttpResponse> add_template(CommandProcessor& commands, HttpRequest request) {
    RegisterTemplate command{.yaml = std::move(request.body)};
    const auto registered = co_await commands.ask(std::move(command));
    auto response = json_response(
        description_json(registered) + R"(,"created":)" + (registered.created ? "true}" : "false}")
    );
    response.status = registered.created ? 201 : 200;
    response.headers.emplace_back(
        "Location",
        "/v1/templates/" + registered.namespace_name + "/" + registered.name + "/" +
            registered.version
    );
    co_return response;
}

asio::awaitable<HttpResponse> validate_template(CommandProcessor& commands, HttpRequest request) {
    ValidateTemplate query{.yaml = std::move(request.body)};
    const auto described = co_await commands.ask(std::move(query));
    co_return json_response(description_json(described) + R"(,"valid":true})");
}

asio::awaitable<HttpResponse> list_templates(CommandProcessor& commands, HttpRequest request) {
    ListTemplates query;
    if (const auto name = request.query_value("namespace")) {
        query.namespace_name = std::string(*name);
    }
    co_return json_response(R"({"templates":)" + co_await commands.ask(std::move(query)) + "}");
}

asio::awaitable<HttpResponse> read_template(CommandProcessor& commands, HttpRequest request) {
    GetTemplate query{
        .reference =
            {.namespace_name = std::string(request.parameter("namespace")),
             .name = std::string(request.parameter("name")),
             .version = std::string(request.parameter("version"))}
    };
    const auto asked = query.reference;
    auto document = co_await commands.ask(std::move(query));
    if (!document) {
        throw Exception({ErrorCode::not_found, "there is no template " + asked.to_string()});
    }
    co_return json_response(*std::move(document));
}

}  // namespace

void add_template_routes(Router& router, CommandProcessor& commands) {
    const auto add = [&](std::string method, std::string pattern, Access access, auto answer) {
        router.add(
            {.method = std::move(method),
             .pattern = "/v1/templates" + pattern,
             .access = access,
             .handler = [&commands, answer](HttpRequest request
                        ) { return answer(commands, std::move(request)); }}
        );
    };
    add("POST", "", Permission::templates_create, add_template);
    add("POST", ":validate", Permission::templates_validate, validate_template);
    add("GET", "", Permission::templates_read, list_templates);
    add("GET", "/{namespace}/{name}", Permission::templates_read, read_template);
    add("GET", "/{namespace}/{name}/{version}", Permission::templates_read, read_template);
}

}  // namespace tenon::orchestration
