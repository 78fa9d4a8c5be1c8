#pragma once

#include "plugin_host/catalog.hpp"
#include "plugin_host/trust/trust_policy.hpp"

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// Which plugins a host takes, and who has a callable that is disputed or redirected.
struct PluginAdmission {
    plugin_host::TrustPolicy trust;
    plugin_host::CallableMappings mappings;
};

/// Adds the options that say so. `admission` outlives the parse.
void add_admission_options(CLI::App& command, PluginAdmission& admission);

}  // namespace tenon::app
