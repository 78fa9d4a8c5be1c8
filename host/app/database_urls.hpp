#pragma once

#include "app/host_options.hpp"

#include <string>

namespace tenon::app {

/// The connection string for what needs a session of its own: the locks of presence, LISTEN, the
/// statements that the step path prepares, migrations. Empty for an embedded server.
///
/// Throws `invalid_input` when these would be shared behind a pooler, or when the direct URL leads
/// elsewhere; `unavailable` when a server cannot be reached. [setup]
std::string session_conninfo(const HostOptions& options);

}  // namespace tenon::app
