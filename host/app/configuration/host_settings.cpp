#include "app/configuration/host_settings.hpp"

#include <charconv>
#include <chrono>
#include <limits>

namespace tenon::app {
namespace {

using std::chrono::milliseconds;

/// A text that the schema has checked to be a number of this type.
template <class Number>
Number number_of(const std::string& text) {
    Number number{};
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

template <class Number>
Number number(const Configuration& from, KeyId id) {
    return static_cast<Number>(from.integer(id));
}

std::map<std::string, std::uint32_t, std::less<>> limits(const Configuration& from, KeyId id) {
    std::map<std::string, std::uint32_t, std::less<>> limits;
    for (const auto& [name, text] : from.table(id)) {
        limits.emplace(name, number_of<std::uint32_t>(text));
    }
    return limits;
}

void apply_dispatch(const Configuration& from, HostOptions& options) {
    options.slots = number<std::int32_t>(from, key("dispatch.slots"));
    options.lanes = number<int>(from, key("dispatch.lanes"));
    options.profile = parse_dispatch_profile(from.text(key("dispatch.profile"))).value();
    options.mode = parse_deployment_mode(from.text(key("dispatch.mode"))).value();
    if (from.is_set(key("dispatch.poll_ms"))) {
        options.poll_interval = milliseconds(from.integer(key("dispatch.poll_ms")));
    }
}

void apply_reload(const Configuration& from, PluginReload& reload) {
    reload.state_directory = from.text(key("plugin.state"));
    reload.most_pinned = number<std::size_t>(from, key("plugin.max_pinned"));
    reload.probation.faults = number<std::uint64_t>(from, key("plugin.probation_faults"));
    reload.probation.time = std::chrono::seconds(from.integer(key("plugin.probation_seconds")));
    const milliseconds drain(from.integer(key("plugin.drain_ms")));
    reload.drain_limit = drain.count() == 0 ? std::nullopt : std::optional(drain);
}

void apply_isolation(const Configuration& from, PluginIsolation& isolation) {
    const auto usual = plugin_host::parse_isolation(from.text(key("plugin.default_isolation")));
    isolation.usual = usual.value_or(isolation.usual);
    isolation.by_plugin.clear();
    for (const auto& [id, text] : from.table(key("plugin.isolation"))) {
        isolation.by_plugin.emplace(id, plugin_host::parse_isolation(text).value_or(*usual));
    }
    isolation.runner_memory_mib = number<std::uint64_t>(from, key("runner.memory_mib"));
}

void apply_supervision(const Configuration& from, Supervision& supervision) {
    supervision.wanted = from.flag(key("supervisor.enabled"));
    supervision.most_crashes = number<int>(from, key("supervisor.restarts"));
    supervision.healthy = milliseconds(from.integer(key("supervisor.healthy_ms")));
    if (from.is_set(key("supervisor.poison_after"))) {
        supervision.poison_after = number<int>(from, key("supervisor.poison_after"));
    }
}

void apply_security(const Configuration& from, SecurityOptions& security) {
    security.jwt_keys = from.text(key("http.jwt_keys"));
    security.jwt_issuer = from.text(key("http.jwt_issuer"));
    security.jwt_audience = from.text(key("http.jwt_audience"));
    security.api_keys = from.flag(key("http.api_keys"));
    security.unauthenticated = from.flag(key("http.unauthenticated"));
    security.certificate = from.text(key("http.tls_certificate"));
    security.private_key = from.text(key("http.tls_key"));
    security.cors_origins = from.list(key("http.cors_origins"));
    security.requests_per_second = number<double>(from, key("http.requests_per_second"));
    security.body_kib = number<std::uint64_t>(from, key("http.body_kib"));
    security.connections = number<std::size_t>(from, key("http.connections"));
}

}  // namespace

void apply(const Configuration& from, PluginAdmission& admission) {
    auto& trust = admission.trust;
    trust.allow_list = from.text(key("plugin.allow_list"));
    trust.keys = from.text(key("plugin.keys"));
    trust.files.owners.clear();
    for (const auto& owner : from.list(key("plugin.owners"))) {
        trust.files.owners.push_back(number_of<uid_t>(owner));
    }
    constexpr std::uint64_t mebibyte = std::uint64_t{1024} * 1024;
    trust.files.max_bytes = number<std::uint64_t>(from, key("plugin.max_mib")) * mebibyte;
    admission.mappings.clear();
    for (const auto& [callable, target] : from.table(key("plugin.map"))) {
        admission.mappings.emplace(callable, target);
    }
}

void apply(const Configuration& from, HostOptions& options) {
    options.database_url = from.text(key("database.url"));
    options.direct_url = from.text(key("database.direct_url"));
    options.data_directory = from.text(key("database.data_dir"));
    if (from.is_set(key("http.listen"))) {
        options.listen = parse_listen_address(from.text(key("http.listen"))).value();
    }
    const auto role = from.text(key("host.role"));
    options.orchestration = role != "worker";
    options.worker = role != "orchestration";
    options.name = from.text(key("host.name"));
    options.namespaces = from.list(key("host.namespaces"));
    options.stop_limit = milliseconds(from.integer(key("host.stop_ms")));
    options.kill_limit = milliseconds(from.integer(key("host.kill_ms")));
    options.plugins = from.text(key("plugin.folder"));
    options.templates = from.text(key("template.folder"));
    apply(from, options.admission);
    apply_dispatch(from, options);
    apply_reload(from, options.reload);
    apply_isolation(from, options.isolation);
    apply_supervision(from, options.supervision);
    apply_security(from, options.security);
    options.plugin_limits = limits(from, key("plugin.limit"));
    options.handler_limits = limits(from, key("handler.limit"));
    options.log_level = log::parse_level(from.text(key("log.level"))).value_or(log::Level::info);
}

}  // namespace tenon::app
