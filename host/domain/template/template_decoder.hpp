#pragma once

#include "domain/template/document.hpp"
#include "domain/template/task_template.hpp"
#include "foundation/result.hpp"

#include <string_view>

namespace tenon {

/// The template that a document describes, every key known and in range, its steps a graph.
/// `origin` begins each message: a file name, or what the document is.
Result<TaskTemplate> decode_template(const DocumentNode& document, std::string_view origin);

}  // namespace tenon
