#pragma once

#include "plugin_host/inspection/plugin_rule.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::plugin_host {

/// The scout's end of the pipe to the process that started it: one JSON object a line, written at
/// once, so that nothing is lost when the plugin ends the process. [any-thread]
class ScoutReply {
public:
    /// `descriptor` outlives this object.
    explicit ScoutReply(int descriptor) : descriptor_(descriptor) {}

    /// What happens next, for the case that nothing more is heard.
    void begin(std::string_view what);

    void finding(PluginRule rule, std::string what, std::string fix);

    /// Something the other side asked for; `json` is JSON text.
    void fact(std::string_view name, std::string_view json);

    /// The last line: without it, the process did not end by itself.
    void end();

private:
    void write(const std::string& line);

    int descriptor_;
    std::mutex mutex_;  // Lines of several threads must not mix; each is one write.
};

/// One line of a scout, read back.
struct ScoutLine {
    std::optional<std::string> began = {};
    std::optional<Finding> finding = {};
    std::string fact = {};  ///< The name of a fact, or empty.
    std::string value = {};
    bool ended = false;
};

/// Nothing for a line that no scout wrote.
std::optional<ScoutLine> parse_scout_line(std::string_view line);

}  // namespace tenon::plugin_host
