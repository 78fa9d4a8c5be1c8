#pragma once

#include "domain/graph/step_graph.hpp"
#include "domain/ids.hpp"
#include "domain/template/task_template.hpp"
#include "foundation/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// A template with its graph: everything that is computed once per version and then only read.
/// Immutable. [any-thread]
class CompiledTemplate {
public:
    const TaskTemplate& source() const noexcept { return source_; }

    const StepGraph& graph() const noexcept { return graph_; }

    std::size_t step_count() const noexcept { return graph_.size(); }

    /// The step with a number from 1 to `step_count()`.
    const StepTemplate& step(StepNo number) const {
        return source_.steps[graph_.author_index(number)];
    }

    std::optional<StepNo> find(std::string_view step_name) const;

    /// The canonical JSON of the whole template, keys sorted.
    const std::string& definition_json() const noexcept { return definition_json_; }

    /// SHA-256 of the canonical JSON: the same for files that mean the same.
    const std::string& content_hash() const noexcept { return content_hash_; }

private:
    friend Result<CompiledTemplate> compile(TaskTemplate source);
    friend Result<CompiledTemplate> template_from_definition(std::string_view definition_json);

    // `source` has been decoded, so everything in it is valid and in canonical form.
    explicit CompiledTemplate(TaskTemplate source);

    TaskTemplate source_;
    StepGraph graph_;
    std::vector<StepNo> by_name_;
    std::string definition_json_;
    std::string content_hash_;
};

/// Checks a template however it was made and computes its graph.
Result<CompiledTemplate> compile(TaskTemplate source);

/// The compiled template that `CompiledTemplate::definition_json()` describes: how a worker loads
/// it back from the database, whatever `jsonb` did to its layout.
Result<CompiledTemplate> template_from_definition(std::string_view definition_json);

/// What registers the template version: one JSON object for the SQL function that stores it.
std::string registration_json(const CompiledTemplate& compiled);

}  // namespace tenon
