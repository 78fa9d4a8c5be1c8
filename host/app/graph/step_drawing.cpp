#include "app/graph/step_drawing.hpp"

#include "app/terminal/display_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <string_view>
#include <utility>

namespace tenon::app {
namespace {

using Places = std::vector<std::size_t>;

/// Where each step's dependencies stand among `steps`.
std::vector<Places> places_of_dependencies(const std::vector<DrawnStep>& steps) {
    std::map<std::string_view, std::size_t> by_name;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        by_name.emplace(steps[i].name, i);
    }
    std::vector<Places> places(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (const auto& name : steps[i].dependencies) {
            const auto found = by_name.find(name);
            if (found != by_name.end() && found->second != i) {
                places[i].push_back(found->second);
            }
        }
        std::ranges::sort(places[i]);
        const auto repeated = std::ranges::unique(places[i]);
        places[i].erase(repeated.begin(), repeated.end());
    }
    return places;
}

/// The order in which every step comes after its dependencies, otherwise as it was.
Places order_of(const std::vector<Places>& dependencies) {
    Places order;
    Places waiting;
    std::vector<Places> successors(dependencies.size());
    for (std::size_t i = 0; i < dependencies.size(); ++i) {
        waiting.push_back(dependencies[i].size());
        for (const auto dependency : dependencies[i]) {
            successors[dependency].push_back(i);
        }
        if (dependencies[i].empty()) {
            order.push_back(i);
        }
    }
    for (std::size_t next = 0; next < order.size(); ++next) {
        for (const auto successor : successors[order[next]]) {
            if (--waiting[successor] == 0) {
                order.push_back(successor);
            }
        }
    }
    for (std::size_t i = 0; i < dependencies.size(); ++i) {
        if (waiting[i] > 0) {
            order.push_back(i);  // Part of a circle.
        }
    }
    return order;
}

/// Mermaid and Graphviz both take a text in double quotes; each has its own way to escape.
std::string replaced(std::string_view text, std::string_view quote, std::string_view backslash) {
    std::string result;
    for (const char c : printable(text)) {
        switch (c) {
            case '"': result += quote; break;
            case '\\': result += backslash; break;
            default: result += c;
        }
    }
    return result;
}

std::string mermaid_quoted(std::string_view text) {
    auto quoted = replaced(text, "#quot;", "\\");
    for (auto at = quoted.find('<'); at != std::string::npos; at = quoted.find('<', at)) {
        quoted.replace(at, 1, "#lt;");
    }
    return quoted;
}

std::string_view fill_of(std::string_view state) {
    if (state == "complete" || state == "resolved_manually") {
        return "#c8e6c9";
    }
    if (state == "error" || state == "cancelled") {
        return "#ffcdd2";
    }
    return state == "in_progress" ? "#bbdefb" : "#eeeeee";
}

}  // namespace

StepDrawing::StepDrawing(std::string title, std::vector<DrawnStep> steps)
    : title_(std::move(title)), dependencies_(steps.size()), successors_(steps.size()) {
    const auto places = places_of_dependencies(steps);
    const auto order = order_of(places);
    Places moved_to(steps.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        moved_to[order[i]] = i;
    }
    for (std::size_t i = 0; i < order.size(); ++i) {
        steps_.push_back(std::move(steps[order[i]]));
        for (const auto place : places[order[i]]) {
            if (moved_to[place] < i) {
                dependencies_[i].push_back(moved_to[place]);
                successors_[moved_to[place]].push_back(i);
            }
        }
        std::ranges::sort(dependencies_[i]);
    }
}

std::string mermaid_text(const StepDrawing& drawing) {
    auto text =
        fmt::format("---\ntitle: \"{}\"\n---\nflowchart TD\n", mermaid_quoted(drawing.title()));
    for (std::size_t i = 0; i < drawing.steps().size(); ++i) {
        const auto& step = drawing.steps()[i];
        text += fmt::format(
            "    s{}[\"{}{}{}\"]\n",
            i + 1,
            mermaid_quoted(step.name),
            step.state.empty() ? "" : "<br>",
            mermaid_quoted(step.state)
        );
    }
    for (std::size_t i = 0; i < drawing.steps().size(); ++i) {
        for (const auto dependency : drawing.dependencies(i)) {
            text += fmt::format("    s{} --> s{}\n", dependency + 1, i + 1);
        }
    }
    for (std::size_t i = 0; i < drawing.steps().size(); ++i) {
        const auto& state = drawing.steps()[i].state;
        text += state.empty() ? "" : fmt::format("    style s{} fill:{}\n", i + 1, fill_of(state));
    }
    return text;
}

std::string dot_text(const StepDrawing& drawing) {
    const auto quoted = [](std::string_view text) { return replaced(text, "\\\"", "\\\\"); };
    auto text = fmt::format(
        "digraph \"{}\" {{\n"
        "    label=\"{}\"; labelloc=t; fontname=\"sans-serif\";\n"
        "    node [shape=box, style=\"rounded,filled\", fillcolor=\"#eeeeee\", "
        "fontname=\"sans-serif\"];\n",
        quoted(drawing.title()),
        quoted(drawing.title())
    );
    for (std::size_t i = 0; i < drawing.steps().size(); ++i) {
        const auto& step = drawing.steps()[i];
        const auto& below = step.state.empty() ? step.callable : step.state;
        text += fmt::format(
            "    s{} [label=\"{}{}{}\"{}];\n",
            i + 1,
            quoted(step.name),
            below.empty() ? "" : "\\n",
            quoted(below),
            step.state.empty() ? "" : fmt::format(", fillcolor=\"{}\"", fill_of(step.state))
        );
    }
    for (std::size_t i = 0; i < drawing.steps().size(); ++i) {
        for (const auto dependency : drawing.dependencies(i)) {
            text += fmt::format("    s{} -> s{};\n", dependency + 1, i + 1);
        }
    }
    return text + "}\n";
}

}  // namespace tenon::app
