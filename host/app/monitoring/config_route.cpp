#include "app/monitoring/config_route.hpp"

#include "app/http_front.hpp"
#include "foundation/json_text.hpp"
#include "foundation/telemetry/redaction.hpp"

#include <fmt/format.h>
#include <string>
#include <vector>

namespace tenon::app {
namespace {

std::string text_json(const std::string& text) {
    return text.empty() ? "null" : json_quote(redact(text));
}

std::string list_json(const std::vector<std::string>& texts) {
    std::string json = "[";
    for (const auto& text : texts) {
        json += (json.size() > 1 ? "," : "") + json_quote(text);
    }
    return json + "]";
}

std::string security_json(const SecurityOptions& security) {
    return fmt::format(
        R"({{"bearer_tokens":{},"jwt_issuer":{},"jwt_audience":{},"api_keys":{},"tls":{},)"
        R"("unauthenticated":{},"cors_origins":{},"requests_per_second":{},"body_kib":{},)"
        R"("connections":{}}})",
        !security.jwt_keys.empty(),
        text_json(security.jwt_issuer),
        text_json(security.jwt_audience),
        security.api_keys,
        !security.certificate.empty(),
        security.unauthenticated,
        list_json(security.cors_origins),
        security.requests_per_second,
        security.body_kib,
        security.connections
    );
}

std::string host_json(const HostOptions& options) {
    const auto listen = options.listen.value_or(usual_address(options.orchestration));
    return fmt::format(
        R"({{"name":{},"orchestration":{},"worker":{},"database_url":{},"direct_url":{},)"
        R"("listen":{},"plugins":{},"templates":{},"namespaces":{},"slots":{},"lanes":{},)"
        R"("profile":"{}","mode":"{}","stop_ms":{},"kill_ms":{},"security":{}}})",
        text_json(options.name),
        options.orchestration,
        options.worker,
        text_json(options.database_url),
        text_json(options.direct_url),
        json_quote(listen.host + ":" + std::to_string(listen.port)),
        text_json(options.plugins.string()),
        text_json(options.templates.string()),
        list_json(options.namespaces),
        options.slots,
        options.lanes,
        to_string(options.profile),
        to_string(options.mode),
        options.stop_limit.count(),
        options.kill_limit.count(),
        security_json(options.security)
    );
}

asio::awaitable<HttpResponse> answer(std::string json) {
    co_return json_response(std::move(json));
}

}  // namespace

void add_config_routes(Router& router, const HostOptions& options) {
    const auto add = [&](std::string pattern, Access access) {
        router.add(
            {.method = "GET",
             .pattern = std::move(pattern),
             .access = access,
             .handler = [json = host_json(options)](const HttpRequest&) { return answer(json); }}
        );
    };
    add("/v1/config", Permission::system_config_read);
    if (options.worker) {
        add("/v1/worker/config", Permission::worker_config_read);
    }
}

}  // namespace tenon::app
