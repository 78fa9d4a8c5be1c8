#include "plugin_host/generation.hpp"

namespace tenon::plugin_host {

Generation::~Generation() = default;

}  // namespace tenon::plugin_host
