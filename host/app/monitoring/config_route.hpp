#pragma once

#include "app/host_options.hpp"
#include "foundation/http/router.hpp"

namespace tenon::app {

/// Adds `/v1/config`, and `/v1/worker/config` on a worker: how the host was set up, with passwords
/// covered. [setup]
void add_config_routes(Router& router, const HostOptions& options);

}  // namespace tenon::app
