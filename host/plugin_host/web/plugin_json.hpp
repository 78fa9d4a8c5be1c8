#pragma once

#include "foundation/result.hpp"
#include "plugin_host/plugin_registry.hpp"
#include "plugin_host/reload/plugin_status.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

/// The documents of the plugins' API, as docs/http_api.md has them.
std::string to_json(const PluginsStatus& status, const std::vector<ListedBuild>& demoted);
std::string to_json(const PluginStatus& plugin, const std::vector<PluginTransition>& history);
std::string to_json(const std::vector<PluginRegistry::Loaded>& files);
std::string to_json(const PluginInfo& info);

/// `{file}`, of `POST /v1/plugins:reload`; it and the body may be left out.
Result<std::optional<std::string>> parse_reload_body(std::string_view body);

/// The body of `POST /v1/plugins/quarantine`.
struct QuarantineOrder {
    std::string sha256;
    std::string reason;
};

Result<QuarantineOrder> parse_quarantine_body(std::string_view body);

}  // namespace tenon::plugin_host
