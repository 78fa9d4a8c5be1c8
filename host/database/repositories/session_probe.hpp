#pragma once

#include <string>

namespace tenon::database {

/// True when a connection by `conninfo` is a session of the server: its locks, settings and LISTENs
/// stay until it ends. False behind a pooler that lends one server connection to several clients.
/// Throws `unavailable` when the server cannot be reached. [setup]
bool keeps_sessions(const std::string& conninfo);

/// Which database of which server `conninfo` leads to, directly or not: equal for the same one.
std::string database_identity(const std::string& conninfo);

}  // namespace tenon::database
