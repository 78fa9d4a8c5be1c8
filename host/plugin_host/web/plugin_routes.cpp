#include "plugin_host/web/plugin_routes.hpp"

#include "foundation/error.hpp"
#include "plugin_host/reload/builds/demotions.hpp"
#include "plugin_host/web/plugin_json.hpp"

#include <memory>
#include <string>
#include <utility>

namespace tenon::plugin_host {
namespace {

struct Service {
    PluginLifecycle& plugins;
    BlockingPool& blocking;
    std::shared_ptr<Demotions> demotions;
};

asio::awaitable<HttpResponse> list(Service service, HttpRequest /*request*/) {
    // Quarantine and demotions are files.
    auto read = [&plugins = service.plugins, demotions = service.demotions] {
        return to_json(plugins.status(), demotions->list());
    };
    co_return json_response(co_await service.blocking.run(std::move(read)));
}

asio::awaitable<HttpResponse> show(Service service, HttpRequest request) {
    const std::string id(request.parameter("id"));
    const auto plugin = service.plugins.status(id);
    if (!plugin) {
        throw Exception(
            {ErrorCode::not_found, "no plugin " + id + " was loaded; GET /v1/plugins lists them"}
        );
    }
    co_return json_response(to_json(*plugin, service.plugins.history(id)));
}

asio::awaitable<HttpResponse> reload(Service service, HttpRequest request) {
    const auto file = parse_reload_body(request.body).value();
    auto work = [&plugins = service.plugins, file] {
        return plugins.reload(file ? std::optional<std::filesystem::path>(*file) : std::nullopt);
    };
    const auto loaded = co_await service.blocking.run(std::move(work));
    if (file && !loaded.front().result) {
        // The build is at fault, not the host.
        const auto& error = loaded.front().result.error();
        throw Exception(
            {error.code == ErrorCode::plugin_failure ? ErrorCode::invalid_input : error.code,
             error.detail}
        );
    }
    co_return json_response(to_json(loaded));
}

asio::awaitable<HttpResponse> roll_back(Service service, HttpRequest request) {
    auto work = [&plugins = service.plugins, id = std::string(request.parameter("id"))] {
        return plugins.rollback(id).value();
    };
    co_return json_response(to_json(co_await service.blocking.run(std::move(work))));
}

asio::awaitable<HttpResponse> quarantine(Service service, HttpRequest request) {
    auto order = parse_quarantine_body(request.body).value();
    auto work = [&plugins = service.plugins, order] {
        return plugins.quarantine(order.sha256, order.reason);
    };
    const auto active = co_await service.blocking.run(std::move(work));
    // At most one plugin has this build.
    co_return json_response(
        R"({"sha256":")" + order.sha256 + R"(","still_active":)" +
        (active.empty() ? "false" : "true") + "}"
    );
}

asio::awaitable<HttpResponse> release(Service service, HttpRequest request) {
    const auto sha256 = parse_sha256(request.parameter("sha256")).value();
    auto work = [&plugins = service.plugins, sha256] { return plugins.release(sha256); };
    if (!co_await service.blocking.run(std::move(work))) {
        throw Exception({ErrorCode::not_found, sha256 + " is not in quarantine"});
    }
    co_return json_response(R"({"sha256":")" + sha256 + R"(","released":true})");
}

asio::awaitable<HttpResponse> promote(Service service, HttpRequest request) {
    const auto sha256 = parse_sha256(request.parameter("sha256")).value();
    auto work = [demotions = service.demotions, sha256] { return demotions->release(sha256); };
    if (!co_await service.blocking.run(std::move(work))) {
        throw Exception({ErrorCode::not_found, sha256 + " is not demoted"});
    }
    co_return json_response(R"({"sha256":")" + sha256 + R"(","promoted":true})");
}

}  // namespace

void add_plugin_routes(Router& router, PluginLifecycle& plugins, BlockingPool& blocking) {
    const Service service{
        plugins, blocking, std::make_shared<Demotions>(plugins.state_directory())
    };
    const auto add = [&](std::string method, std::string pattern, Access access, auto answer) {
        router.add(
            {.method = std::move(method),
             .pattern = "/v1/plugins" + pattern,
             .access = access,
             .handler = [service, answer](HttpRequest request
                        ) { return answer(service, std::move(request)); }}
        );
    };
    add("GET", "", Permission::system_handlers_read, list);
    add("GET", "/{id}", Permission::system_handlers_read, show);
    add("POST", ":reload", Permission::plugins_manage, reload);
    add("POST", "/{id}/rollback", Permission::plugins_manage, roll_back);
    add("POST", "/quarantine", Permission::plugins_manage, quarantine);
    add("DELETE", "/quarantine/{sha256}", Permission::plugins_manage, release);
    add("DELETE", "/demoted/{sha256}", Permission::plugins_manage, promote);
}

}  // namespace tenon::plugin_host
