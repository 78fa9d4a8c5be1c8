#pragma once

#include "plugin_host/catalog.hpp"
#include "plugin_host/trust/trust_policy.hpp"

namespace tenon::app {

/// Which plugins a host takes, and who has a callable that is disputed or redirected.
struct PluginAdmission {
    plugin_host::TrustPolicy trust;
    plugin_host::CallableMappings mappings;
};

}  // namespace tenon::app
