#pragma once

#include <string>
#include <string_view>

namespace tenon::testing {

/// A template in the symbol style, with a block that this version only keeps.
inline constexpr std::string_view symbol_style = R"(# A comment.
:name: mathematical_sequence
:namespace_name: linear_workflow
:version: 1.0.0
:description: "Two steps"
:metadata:
  :author: Somebody
  :tags:
    - namespace:linear_workflow
  :created_at: "2025-08-29T00:00:00Z"
:task_handler:
  :callable: "LinearWorkflowHandler"
  :initialization:
    input_validation:
      required_fields: [even_number]
:steps:
  - :name: step_1
    :description: Square the number
    :handler:
      :callable: "linear::LinearStep1Handler"
      :initialization:
        operation: :square
    :dependencies: []
    :retry:
      :retryable: true
      :limit: 5
      :backoff: linear
    :timeout_seconds: 60

  - :name: step_2
    :handler:
      :callable: "linear::LinearStep2Handler"
      :initialization: {constant: 10, ratio: 1.5, deep: [1, true, null, "1"]}
    :depends_on: [step_1]
)";

/// The same template with plain keys, other spellings, another order and other white space.
inline constexpr std::string_view plain_style = R"(
steps:
- handler: { initialization: { operation: square }, callable: linear::LinearStep1Handler }
  retry: { backoff: "linear", max_attempts: 5 }
  name: step_1
  type: standard
  timeout_seconds: 60
  description: 'Square the number'
- depends_on:
  - step_1
  name: step_2
  description:
  handler:
    method: call
    callable: linear::LinearStep2Handler
    initialization:
      deep: [0x1, TRUE, ~, '1']
      ratio: 15e-1
      constant: 10
  retry: {retryable: true, backoff: exponential, backoff_base_ms: 1000, max_backoff_ms: 30000}
version: "1.0.0"
task_handler:
  initialization: {input_validation: {required_fields: [even_number]}}
  callable: LinearWorkflowHandler
description: Two steps
metadata: {created_at: "2025-08-29T00:00:00Z", author: Somebody,
           tags: ["namespace:linear_workflow"]}
name: mathematical_sequence
namespace_name: linear_workflow
)";

}  // namespace tenon::testing
