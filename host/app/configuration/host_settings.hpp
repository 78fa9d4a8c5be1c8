#pragma once

#include "app/configuration/configuration.hpp"
#include "app/host_options.hpp"

namespace tenon::app {

/// What a host is to be by a configuration without errors. What no key says stays as it is.
void apply(const Configuration& configuration, HostOptions& options);

/// The part of it that concerns which plugins are taken.
void apply(const Configuration& configuration, PluginAdmission& admission);

}  // namespace tenon::app
