#pragma once

#include "domain/template/document.hpp"
#include "foundation/result.hpp"

#include <cstddef>
#include <string_view>

namespace tenon {

/// What a YAML file may cost. Every use of an anchor counts as if it were written out.
struct YamlLimits {
    std::size_t max_bytes = std::size_t{8} * 1024 * 1024;
    std::size_t max_nodes = 1'000'000;
    std::size_t max_depth = 100;
};

/// Reads the one document of a YAML file. Scalars follow the core schema of YAML 1.2; unquoted
/// symbols (`:name`) lose their colon, as keys and as values.
///
/// Refuses, with file, line and column: malformed YAML, anything but UTF-8, control characters,
/// duplicate and composite keys, foreign tags, several documents, and what exceeds the limits.
Result<DocumentNode> read_yaml(
    std::string_view text,
    std::string_view file_name,
    YamlLimits limits = {}
);

}  // namespace tenon
