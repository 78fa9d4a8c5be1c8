#pragma once

#include "app/host_options.hpp"
#include "foundation/http/router.hpp"

namespace tenon::app {

/// Adds `/v1/config`, `/v1/worker/config` and `/openapi.json`. Call it last: a route that the
/// document does not have, or has with another permission, is a bug that ends the process before it
/// serves anybody. [setup]
void add_description_routes(Router& router, const HostOptions& options);

}  // namespace tenon::app
