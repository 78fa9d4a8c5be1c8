#include "worker/web/worker_body.hpp"

#include "domain/messages/message_reader.hpp"

#include <array>

namespace tenon::worker {
namespace {

constexpr std::size_t name_bytes_max = 255;
constexpr std::string_view modes = "PollingOnly, Hybrid or EventDrivenOnly";

/// A body with at most one member, which may be left out.
Result<MessageReader> open_body(std::string_view body, std::string_view known) {
    auto reader = MessageReader::open(body.empty() ? "{}" : body, "the body");
    if (!reader) {
        return reader;
    }
    const std::array names{known};
    if (const auto only = reader->allow_only(names); !only) {
        return only.error();
    }
    return reader;
}

}  // namespace

Result<DeploymentMode> parse_mode_body(std::string_view body) {
    const auto reader = open_body(body, "mode");
    if (!reader) {
        return reader.error();
    }
    const auto value = reader->find("mode");
    if (!value) {
        return refusal("'mode' is missing in the body; it must be " + std::string(modes));
    }
    const auto mode = parse_deployment_mode(value->string().value_or(""));
    if (!mode) {
        return reader->wrong("mode", modes, *value);
    }
    return *mode;
}

Result<std::optional<std::string>> parse_refresh_body(std::string_view body) {
    const auto reader = open_body(body, "namespace");
    if (!reader) {
        return reader.error();
    }
    const auto value = reader->find("namespace");
    if (!value) {
        return std::optional<std::string>();
    }
    auto name = reader->text("namespace", name_bytes_max);
    if (!name) {
        return name.error();
    }
    if (name->empty()) {
        return reader->wrong("namespace", "the name of a namespace; leave it out for all", *value);
    }
    return std::optional(*std::move(name));
}

Result<std::optional<CorrelationId>> parse_execute_body(std::string_view body) {
    const auto reader = open_body(body, "correlation_id");
    if (!reader) {
        return reader.error();
    }
    if (!reader->find("correlation_id")) {
        return std::optional<CorrelationId>();
    }
    const auto id = reader->uuid<CorrelationId>("correlation_id");
    if (!id) {
        return id.error();
    }
    return std::optional(*id);
}

}  // namespace tenon::worker
