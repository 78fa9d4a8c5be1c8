#include "plugin_host/scout/scout_request.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

namespace tenon::plugin_host {

std::string to_json(const ScoutRequest& request) {
    const nlohmann::json json{
        {"action", request.action},
        {"file", request.file.string()},
        {"source", request.source.string()},
        {"sha256", request.sha256},
        {"callable", request.callable},
        {"method", request.method},
        {"context", request.context},
        {"initialization", request.initialization},
        {"checkpoint", request.checkpoint},
        {"dependencies", request.dependencies},
        {"attempt", request.attempt},
        {"max_attempts", request.max_attempts},
        {"cancel_after_ms", request.cancel_after.count()},
        {"seed", request.seed},
        {"rounds", request.rounds},
        {"max_memory", request.max_memory},
    };
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<ScoutRequest> parse_scout_request(std::string_view json) {
    try {
        const auto object = nlohmann::json::parse(json);
        ScoutRequest request;
        request.action = object.at("action");
        request.file = object.at("file").get<std::string>();
        request.source = object.at("source").get<std::string>();
        request.sha256 = object.at("sha256");
        request.callable = object.at("callable");
        request.method = object.at("method");
        request.context = object.at("context");
        request.initialization = object.at("initialization");
        request.checkpoint = object.at("checkpoint");
        object.at("dependencies").get_to(request.dependencies);
        request.attempt = object.at("attempt");
        request.max_attempts = object.at("max_attempts");
        request.cancel_after =
            std::chrono::milliseconds(object.at("cancel_after_ms").get<std::int64_t>());
        request.seed = object.at("seed");
        request.rounds = object.at("rounds");
        request.max_memory = object.at("max_memory");
        return request;
    } catch (const nlohmann::json::exception& error) {
        return Error{
            ErrorCode::invalid_input, fmt::format("this is no scout's request: {}", error.what())
        };
    }
}

}  // namespace tenon::plugin_host
