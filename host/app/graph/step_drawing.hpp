#pragma once

#include "app/terminal/terminal.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tenon::app {

/// A step as somebody tells it, its dependencies by name.
struct DrawnStep {
    std::string name;
    std::string callable{};
    std::string state{};  ///< Of a task's step; empty: of a template's.
    std::vector<std::string> dependencies{};
};

/// A graph of steps that is to be drawn: each stands after all that it depends on.
class StepDrawing {
public:
    /// Steps in any order. A dependency that is no step is left out, and so is one that would close
    /// a circle, for what a host answers is not to be trusted with either.
    StepDrawing(std::string title, std::vector<DrawnStep> steps);

    const std::string& title() const noexcept { return title_; }

    const std::vector<DrawnStep>& steps() const noexcept { return steps_; }

    /// Places in `steps()`, ascending.
    const std::vector<std::size_t>& dependencies(std::size_t step) const {
        return dependencies_[step];
    }

    const std::vector<std::size_t>& successors(std::size_t step) const { return successors_[step]; }

private:
    std::string title_;
    std::vector<DrawnStep> steps_;
    std::vector<std::vector<std::size_t>> dependencies_;
    std::vector<std::vector<std::size_t>> successors_;
};

/// A line a step, with lanes at its left that lead from each step to those that wait for it. A
/// graph with too many lanes for a terminal is a list of steps and what they wait for.
std::vector<std::string> draw_lanes(const StepDrawing& drawing, const TerminalTraits& traits);

/// A flowchart in the language of Mermaid, as Markdown shows it.
std::string mermaid_text(const StepDrawing& drawing);

/// A digraph in the language of Graphviz.
std::string dot_text(const StepDrawing& drawing);

}  // namespace tenon::app
