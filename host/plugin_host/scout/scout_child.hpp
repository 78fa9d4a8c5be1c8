#pragma once

#include "plugin_host/in_process/loaded_generation.hpp"
#include "plugin_host/scout/scout_reply.hpp"
#include "plugin_host/scout/scout_request.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace tenon::plugin_host {

/// Something a scout process can be asked for.
struct ScoutAction {
    std::string_view name;
    void (*run)(const ScoutRequest& request, ScoutReply& reply);
};

/// The whole of a scout process: limits itself, reads its request from standard input, runs the
/// action that it names and replies on descriptor 3. Returns the exit code.
int run_scout(std::span<const ScoutAction> actions);

/// Loads the plugin of `request`. A refusal becomes a finding, and null.
std::shared_ptr<LoadedGeneration> load_for(const ScoutRequest& request, ScoutReply& reply);

}  // namespace tenon::plugin_host
