#pragma once

#include "domain/ids.hpp"
#include "foundation/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// A step as the graph sees it: its name and the names of the steps it waits for.
struct GraphStep {
    std::string_view name;
    std::span<const std::string> dependencies;
};

/// Why some steps are no graph, and where: indexes into the given steps and their dependencies.
struct GraphFault {
    std::size_t step = 0;
    std::optional<std::size_t> dependency;
    std::string detail;
};

/// `Result::value()` of a graph escalates as an `invalid_input` exception.
[[noreturn]] void throw_exception_from_error(
    const GraphFault& fault,
    const boost::source_location& where
);

/// The directed acyclic graph of a template's steps with its transitive closure, computed once.
/// Immutable. [any-thread]
///
/// Steps are numbered from 1 in topological order: a successor's number is always the greater one,
/// and an author's order that is topological already is kept. All lists of numbers are ascending.
class StepGraph {
public:
    static constexpr std::size_t max_steps = 65535;

    /// Pairs of a step and one of its ancestors: a chain of 4 000 steps has 8 million.
    static constexpr std::size_t max_ancestor_pairs = 8'000'000;

    /// Refuses no steps, too many steps, duplicate names, unknown, repeated and self dependencies,
    /// cycles (naming one) and closures too large to store.
    static Result<StepGraph, GraphFault> build(std::span<const GraphStep> steps);

    std::size_t size() const noexcept { return levels_.size(); }

    /// Index of the step in the author's order.
    std::size_t author_index(StepNo step) const { return order_[step - 1U]; }

    std::span<const StepNo> dependencies(StepNo step) const { return dependencies_.of(step); }

    std::span<const StepNo> successors(StepNo step) const { return successors_.of(step); }

    /// Every step that must be settled before `step`, directly or not.
    std::span<const StepNo> ancestors(StepNo step) const { return ancestors_.of(step); }

    /// Length of the longest chain that leads to the step; 0 for a step without dependencies.
    std::uint16_t level(StepNo step) const { return levels_[step - 1U]; }

private:
    // One list of step numbers per step, stored end to end.
    class StepLists {
    public:
        explicit StepLists(std::vector<std::vector<StepNo>> lists = {});

        std::span<const StepNo> of(StepNo step) const {
            return std::span(numbers_).subspan(ends_[step - 1U], ends_[step] - ends_[step - 1U]);
        }

    private:
        std::vector<std::size_t> ends_;
        std::vector<StepNo> numbers_;
    };

    StepGraph() = default;

    std::vector<std::size_t> order_;
    std::vector<std::uint16_t> levels_;
    StepLists dependencies_;
    StepLists successors_;
    StepLists ancestors_;
};

}  // namespace tenon
