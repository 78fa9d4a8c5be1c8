#include "app/commands/plugins/finding_lines.hpp"

#include "app/terminal/display_text.hpp"
#include "app/terminal/palette.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

namespace tenon::app {

using plugin_host::Finding;
using plugin_host::Severity;

std::vector<std::string> finding_lines(
    std::span<const Finding> findings,
    const TerminalTraits& traits
) {
    const Palette palette(traits.colour);
    std::vector<std::string> lines;
    for (const auto& finding : findings) {
        const bool refused = plugin_host::info_of(finding.rule).severity == Severity::refused;
        const auto mark = refused ? (traits.unicode ? "✘" : "x") : "!";
        lines.push_back(fmt::format(
            "  {} {}  {}",
            palette.paint(refused ? Tone::bad : Tone::waiting, mark),
            plugin_host::id_of(finding.rule),
            printable(finding.what)
        ));
        if (!finding.fix.empty()) {
            lines.push_back(fmt::format("      {}", palette.paint(Tone::faint, finding.fix)));
        }
    }
    return lines;
}

nlohmann::ordered_json finding_json(const Finding& finding) {
    const auto& info = plugin_host::info_of(finding.rule);
    return {
        {"id", plugin_host::id_of(finding.rule)},
        {"rule", info.name},
        {"severity", info.severity == Severity::refused ? "refused" : "warning"},
        {"what", finding.what},
        {"fix", finding.fix},
    };
}

std::string text_of_json(const nlohmann::ordered_json& json) {
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace tenon::app
