#pragma once

#include "foundation/http/router.hpp"
#include "foundation/runtime/blocking_pool.hpp"
#include "plugin_host/reload/plugin_lifecycle.hpp"

namespace tenon::plugin_host {

/// Adds `GET /v1/plugins`, `GET /v1/plugins/{id}`, `POST /v1/plugins:reload`,
/// `POST /v1/plugins/{id}/rollback`, `POST /v1/plugins/quarantine` and
/// `DELETE /v1/plugins/quarantine/{sha256}`. What waits for the lifecycle waits on `blocking`; both
/// must outlive the router. [setup]
void add_plugin_routes(Router& router, PluginLifecycle& plugins, BlockingPool& blocking);

}  // namespace tenon::plugin_host
