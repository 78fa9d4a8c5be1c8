#pragma once

#include "foundation/result.hpp"

#include <string_view>

namespace tenon {

/// Whether a JSON Schema says only what the database enforces: of contexts when a task is
/// submitted, of events when they are published. `key` is what messages call it.
///
/// The vocabulary is in docs/templates.md. Any other keyword is refused with its JSON pointer, and
/// so are keywords with values of the wrong type, references that do not resolve within the schema
/// and references that lead back to themselves without descending into the value.
Result<void> check_schema(std::string_view schema_json, std::string_view key);

}  // namespace tenon
