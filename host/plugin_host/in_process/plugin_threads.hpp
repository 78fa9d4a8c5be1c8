#pragma once

#include <cstddef>
#include <string>

namespace tenon::plugin_host {

/// Marks this thread as one of the host's own that enters plugin code, and leaves it again. Costs
/// nothing from the second time on. [any-thread]
void enter_plugin_code();

/// How many threads of this process will return into the code of the loaded file `image`: threads
/// that a plugin started, whose code may not go. The host's own are not among them. Whether a
/// thread will is read from its stack, so now and then one counts that only has an old address
/// there; none is missed that waits. [any-thread]
std::size_t threads_inside(const std::string& image);

}  // namespace tenon::plugin_host
