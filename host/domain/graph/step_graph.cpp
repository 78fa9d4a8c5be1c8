#include "domain/graph/step_graph.hpp"

#include "foundation/suggestion.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>
#include <functional>
#include <queue>
#include <ranges>
#include <unordered_map>
#include <utility>

namespace tenon {
namespace {

using Indexes = std::vector<std::size_t>;
using IndexLists = std::vector<Indexes>;
using NumberLists = std::vector<std::vector<StepNo>>;

constexpr std::size_t cycle_names_shown = 10;

GraphFault unknown_dependency(
    std::span<const GraphStep> steps,
    std::size_t step,
    std::size_t dependency
) {
    const auto& name = steps[step].dependencies[dependency];
    std::vector<std::string_view> names;
    for (const auto& other : steps) {
        if (other.name != steps[step].name) {
            names.push_back(other.name);
        }
    }
    return {
        step,
        dependency,
        fmt::format(
            "unknown dependency '{}' in step '{}'{}",
            name,
            steps[step].name,
            did_you_mean(name, names)
        )
    };
}

using IndexByName = std::unordered_map<std::string_view, std::size_t>;

Result<IndexByName, GraphFault> index_names(std::span<const GraphStep> steps) {
    IndexByName index_of;
    for (std::size_t step = 0; step < steps.size(); ++step) {
        if (!index_of.emplace(steps[step].name, step).second) {
            return GraphFault{step, {}, fmt::format("duplicate step name '{}'", steps[step].name)};
        }
    }
    return index_of;
}

// The indexes of the steps that one step waits for, sorted. `last_seen_in` tells in which step a
// dependency was seen last.
Result<Indexes, GraphFault> resolve_dependencies(
    std::span<const GraphStep> steps,
    std::size_t step,
    const IndexByName& index_of,
    Indexes& last_seen_in
) {
    Indexes resolved;
    for (std::size_t i = 0; i < steps[step].dependencies.size(); ++i) {
        const auto& name = steps[step].dependencies[i];
        const auto found = index_of.find(name);
        if (found == index_of.end()) {
            return unknown_dependency(steps, step, i);
        }
        if (found->second == step) {
            return GraphFault{step, i, fmt::format("step '{}' depends on itself", name)};
        }
        if (std::exchange(last_seen_in[found->second], step) == step) {
            return GraphFault{
                step,
                i,
                fmt::format("step '{}' lists dependency '{}' twice", steps[step].name, name)
            };
        }
        resolved.push_back(found->second);
    }
    std::ranges::sort(resolved);
    return resolved;
}

Result<IndexLists, GraphFault> resolve_names(std::span<const GraphStep> steps) {
    const auto index_of = index_names(steps);
    if (!index_of) {
        return index_of.error();
    }
    IndexLists resolved;
    Indexes last_seen_in(steps.size(), steps.size());
    for (std::size_t step = 0; step < steps.size(); ++step) {
        auto dependencies = resolve_dependencies(steps, step, *index_of, last_seen_in);
        if (!dependencies) {
            return dependencies.error();
        }
        resolved.push_back(std::move(*dependencies));
    }
    return resolved;
}

IndexLists inverse(const IndexLists& dependencies) {
    IndexLists successors(dependencies.size());
    for (std::size_t step = 0; step < dependencies.size(); ++step) {
        for (const auto dependency : dependencies[step]) {
            successors[dependency].push_back(step);
        }
    }
    return successors;
}

// Kahn's algorithm; of the steps that could come next, the author's first. Shorter than the steps
// when there is a cycle.
Indexes topological_order(const IndexLists& dependencies, const IndexLists& successors) {
    Indexes waiting_on(dependencies.size());
    std::priority_queue<std::size_t, Indexes, std::greater<>> ready;
    for (std::size_t step = 0; step < dependencies.size(); ++step) {
        waiting_on[step] = dependencies[step].size();
        if (waiting_on[step] == 0) {
            ready.push(step);
        }
    }
    const auto release = [&waiting_on, &ready](std::size_t step) {
        if (--waiting_on[step] == 0) {
            ready.push(step);
        }
    };
    Indexes order;
    while (!ready.empty()) {
        order.push_back(ready.top());
        ready.pop();
        std::ranges::for_each(successors[order.back()], release);
    }
    return order;
}

// Walks from dependency to dependency among the steps that got no place in the order: each has
// such a dependency, so the walk must come back to a step it has seen.
GraphFault find_cycle(
    std::span<const GraphStep> steps,
    const IndexLists& dependencies,
    const Indexes& order
) {
    std::vector<bool> ordered(steps.size(), false);
    for (const auto step : order) {
        ordered[step] = true;
    }
    const auto is_stuck = [&ordered](std::size_t step) { return !ordered[step]; };
    Indexes walk;
    std::vector<bool> seen(steps.size(), false);
    auto here = static_cast<std::size_t>(std::ranges::find(ordered, false) - ordered.begin());
    while (!seen[here]) {
        seen[here] = true;
        walk.push_back(here);
        here = *std::ranges::find_if(dependencies[here], is_stuck);
    }
    Indexes cycle(std::ranges::find(walk, here), walk.end());
    std::ranges::reverse(cycle);  // From waiting-for to comes-before.
    std::ranges::rotate(cycle, std::ranges::min_element(cycle));
    std::string path;
    for (const auto step : std::span(cycle).first(std::min(cycle.size(), cycle_names_shown))) {
        path += fmt::format("{} → ", steps[step].name);
    }
    if (cycle.size() > cycle_names_shown) {
        path += fmt::format("({} more) → ", cycle.size() - cycle_names_shown);
    }
    path += steps[cycle.front()].name;
    return {cycle.front(), {}, "the dependencies form a cycle: " + path};
}

NumberLists renumber(const IndexLists& lists, const Indexes& order) {
    std::vector<StepNo> number_of(order.size());
    for (std::size_t position = 0; position < order.size(); ++position) {
        number_of[order[position]] = static_cast<StepNo>(position + 1);
    }
    NumberLists numbers(order.size());
    for (std::size_t position = 0; position < order.size(); ++position) {
        for (const auto index : lists[order[position]]) {
            numbers[position].push_back(number_of[index]);
        }
        std::ranges::sort(numbers[position]);
    }
    return numbers;
}

// The union of the dependencies and their ancestors, in a bit set that is reused. A dependency
// that is an ancestor of a later one brings nothing new and is passed over, so that redundant
// edges cost nothing.
class ClosureBuilder {
public:
    explicit ClosureBuilder(std::size_t steps) : words_(steps / 64 + 1) {}

    std::vector<StepNo> ancestors(std::span<const StepNo> dependencies, const NumberLists& known) {
        if (dependencies.empty()) {
            return {};
        }
        std::ranges::fill(words_, 0);
        for (const auto dependency : std::views::reverse(dependencies)) {
            insert_with_ancestors(dependency, known);
        }
        return numbers();
    }

private:
    void insert_with_ancestors(StepNo step, const NumberLists& known) {
        if (contains(step)) {
            return;
        }
        insert(step);
        for (const auto ancestor : known[step - 1U]) {
            insert(ancestor);
        }
    }

    bool contains(StepNo step) const { return ((words_[step / 64U] >> (step % 64U)) & 1U) != 0; }

    void insert(StepNo step) { words_[step / 64U] |= std::uint64_t{1} << (step % 64U); }

    std::vector<StepNo> numbers() const {
        std::vector<StepNo> found;
        for (std::size_t index = 0; index < words_.size(); ++index) {
            for (auto word = words_[index]; word != 0; word &= word - 1) {
                found.push_back(
                    static_cast<StepNo>(index * 64 + static_cast<unsigned>(std::countr_zero(word)))
                );
            }
        }
        return found;
    }

    std::vector<std::uint64_t> words_;
};

// Empty when the closure has more than `StepGraph::max_ancestor_pairs` entries.
NumberLists transitive_closure(const NumberLists& dependencies) {
    ClosureBuilder builder(dependencies.size());
    NumberLists closure;
    closure.reserve(dependencies.size());
    std::size_t pairs = 0;
    for (const auto& direct : dependencies) {
        closure.push_back(builder.ancestors(direct, closure));
        pairs += closure.back().size();
        if (pairs > StepGraph::max_ancestor_pairs) {
            return {};
        }
    }
    return closure;
}

std::vector<std::uint16_t> longest_chains(const NumberLists& dependencies) {
    std::vector<std::uint16_t> levels(dependencies.size(), 0);
    for (std::size_t position = 0; position < dependencies.size(); ++position) {
        for (const auto dependency : dependencies[position]) {
            const auto level = static_cast<std::uint16_t>(levels[dependency - 1U] + 1U);
            levels[position] = std::max(levels[position], level);
        }
    }
    return levels;
}

}  // namespace

void throw_exception_from_error(const GraphFault& fault, const boost::source_location& /*where*/) {
    throw Exception({ErrorCode::invalid_input, fault.detail});
}

StepGraph::StepLists::StepLists(std::vector<std::vector<StepNo>> lists) : ends_{0} {
    for (const auto& list : lists) {
        numbers_.insert(numbers_.end(), list.begin(), list.end());
        ends_.push_back(numbers_.size());
    }
}

Result<StepGraph, GraphFault> StepGraph::build(std::span<const GraphStep> steps) {
    if (steps.empty()) {
        return GraphFault{0, {}, "a template needs at least one step"};
    }
    if (steps.size() > max_steps) {
        return GraphFault{
            max_steps,
            {},
            fmt::format("{} steps are too many, at most {} fit one task", steps.size(), max_steps)
        };
    }
    const auto dependencies = resolve_names(steps);
    if (!dependencies) {
        return dependencies.error();
    }
    const auto successors = inverse(*dependencies);
    StepGraph graph;
    graph.order_ = topological_order(*dependencies, successors);
    if (graph.order_.size() < steps.size()) {
        return find_cycle(steps, *dependencies, graph.order_);
    }
    const auto numbered = renumber(*dependencies, graph.order_);
    auto closure = transitive_closure(numbered);
    if (closure.empty()) {
        return GraphFault{
            0,
            {},
            fmt::format(
                "the steps have more than {} pairs of step and ancestor, split the template",
                max_ancestor_pairs
            )
        };
    }
    graph.levels_ = longest_chains(numbered);
    graph.dependencies_ = StepLists(numbered);
    graph.successors_ = StepLists(renumber(successors, graph.order_));
    graph.ancestors_ = StepLists(std::move(closure));
    return graph;
}

}  // namespace tenon
