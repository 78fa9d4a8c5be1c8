#pragma once

#include "domain/template/task_template.hpp"
#include "foundation/result.hpp"

#include <string_view>

namespace tenon {

/// Reads a task template from YAML. All keys, with defaults and ranges: docs/templates.md.
///
/// An error is one sentence that begins with "file:line:column: ".
Result<TaskTemplate> parse_template(std::string_view yaml, std::string_view file_name);

}  // namespace tenon
