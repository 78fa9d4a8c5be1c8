#pragma once

#include "plugin_host/inspection/plugin_rule.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

/// A group of rules that are looked for together, in one process for each subject.
struct ValidationCheck {
    std::string_view name;
    std::string_view purpose;
    bool each_callable;
    std::uint32_t rounds;
    PluginRule crashed;  ///< What it means when the process does not end by itself.
    PluginRule late;     ///< What it means when it does not end in time.
    std::vector<PluginRule> rules;
};

/// All checks, in the order in which they run. The first, `file`, executes nothing.
const std::vector<ValidationCheck>& validation_checks();

}  // namespace tenon::plugin_host
