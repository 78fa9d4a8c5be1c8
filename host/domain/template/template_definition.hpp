#pragma once

#include "domain/template/task_template.hpp"
#include "foundation/result.hpp"

#include <string>
#include <string_view>

namespace tenon {

/// The canonical JSON of a template: every key written out with its default, keys sorted, no white
/// space; only `identity_strategy`, `lifecycle` and `non_retryable` are left out where they say
/// what holds anyway. Two files that mean the same have the same text. Refuses members that are not
/// JSON objects where they have to be.
Result<std::string> definition_json(const TaskTemplate& source);

/// The limits that are set, by the keys that a template gives them; `{}` when there are none.
std::string lifecycle_json(const Lifecycle& lifecycle);

/// The inverse of `definition_json`, with every check that a file gets; `origin` begins messages.
Result<TaskTemplate> parse_definition(std::string_view definition_json, std::string_view origin);

}  // namespace tenon
