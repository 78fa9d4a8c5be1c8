#pragma once

#include <vector>

namespace tenon::plugin_host {

/// This process's environment as a process that runs plugins may see it, for exec: without what is
/// meant for the host alone or leads to its database. Variables named TENON_* or PG* are left out,
/// and those whose value is a URL of a PostgreSQL server. Ends in a null.
std::vector<char*> guest_environment();

}  // namespace tenon::plugin_host
