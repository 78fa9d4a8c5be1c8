#pragma once

#include "app/configuration/value.hpp"

#include <map>
#include <string>
#include <string_view>
#include <variant>

namespace tenon::app {

/// Environment variables by name.
using Variables = std::map<std::string, std::string, std::less<>>;

/// Those of this process. [setup]
Variables process_variables();

struct Expanded {
    std::string text;
    bool changed = false;  ///< There was something to expand.
};

/// Puts the values of variables into a text: `${NAME}`, and `${NAME:-default}` for one that is
/// unset or empty. `$$` is a dollar sign; any other `$` stands for itself. What is put in is not
/// looked at again.
std::variant<Expanded, Fault> expand(std::string_view text, const Variables& variables);

}  // namespace tenon::app
