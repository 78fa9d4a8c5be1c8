#pragma once

#include "foundation/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace tenon {

/// What an unquoted YAML scalar means by the core schema of YAML 1.2.2, §10.3: null, a boolean, an
/// integer, a float, otherwise a string.
///
/// Refuses numbers that JSON cannot carry without loss: infinities, NaN, integers beyond 64 bits
/// and floats beyond a double.
Result<nlohmann::json> resolve_plain_scalar(std::string_view text);

/// `name` for a symbol `:name`, otherwise the text itself.
std::string_view without_symbol_colon(std::string_view text) noexcept;

}  // namespace tenon
