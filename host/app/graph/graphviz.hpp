#pragma once

#include <string>

namespace tenon::app {

/// What Graphviz's `dot` makes of a digraph: a whole SVG document. Throws CommandFailure
/// (`host_error`) when it is not installed, which names the package and what works without, or when
/// it fails, with its own words.
std::string svg_by_dot(const std::string& dot_text);

}  // namespace tenon::app
