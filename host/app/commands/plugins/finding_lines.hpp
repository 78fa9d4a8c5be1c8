#pragma once

#include "app/terminal/terminal.hpp"
#include "plugin_host/inspection/plugin_rule.hpp"

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string>
#include <vector>

namespace tenon::app {

/// Findings for people: mark, id and what is wrong, and the fix below it.
std::vector<std::string> finding_lines(
    std::span<const plugin_host::Finding> findings,
    const TerminalTraits& traits
);

/// `{"id":…,"rule":…,"severity":…,"what":…,"fix":…}`.
nlohmann::ordered_json finding_json(const plugin_host::Finding& finding);

/// `json` as text, whatever bytes its strings hold.
std::string text_of_json(const nlohmann::ordered_json& json);

}  // namespace tenon::app
