#include "app/configuration/problem.hpp"

#include "foundation/json_text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tenon::app {

std::string Origin::to_string() const {
    if (layer == Layer::usual) {
        return "default";
    }
    return line == 0 ? place : fmt::format("{}:{}:{}", place, line, column);
}

std::string Problem::to_string() const {
    auto text = origin.to_string();
    if (!key.empty() && key != origin.place) {
        text += ": " + key;
    }
    text += ": " + sentence;
    return fix.empty() ? text : text + "; " + fix;
}

std::string Problem::to_json() const {
    const auto position = origin.line == 0
                              ? std::string(R"("line":null,"column":null)")
                              : fmt::format(R"("line":{},"column":{})", origin.line, origin.column);
    return fmt::format(
        R"({{"severity":"{}","place":{},{},"key":{},"value":{},"problem":{},"fix":{}}})",
        severity == Severity::error ? "error" : "warning",
        json_quote(origin.place),
        position,
        key.empty() ? "null" : json_quote(key),
        value.empty() ? "null" : json_quote(value),
        json_quote(sentence),
        fix.empty() ? "null" : json_quote(fix)
    );
}

bool has_errors(const Problems& problems) {
    return std::ranges::any_of(problems, [](const Problem& problem) {
        return problem.severity == Problem::Severity::error;
    });
}

}  // namespace tenon::app
