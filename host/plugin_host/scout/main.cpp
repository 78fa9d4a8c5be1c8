#include "plugin_host/scout/scout_child.hpp"
#include "plugin_host/scout/step_action.hpp"
#include "plugin_host/validation/call_probes.hpp"
#include "plugin_host/validation/load_probes.hpp"
#include "plugin_host/validation/surrounding_probes.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

int main() {
    using namespace tenon::plugin_host;
    std::vector<ScoutAction> actions{{"step", &run_step_action}};
    for (const auto group : {load_probes(), call_probes(), surrounding_probes()}) {
        std::ranges::copy(group, std::back_inserter(actions));
    }
    return run_scout(actions);
}
