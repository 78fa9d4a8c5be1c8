#pragma once

#include "domain/event/event_declaration.hpp"
#include "domain/template/field_reader.hpp"

#include <cstddef>
#include <vector>

namespace tenon {

/// Events that one step may declare.
inline constexpr std::size_t events_of_a_step = 32;

/// Reads `publishes_events` of a step. Whatever is wrong goes to `problems` with its place.
std::vector<EventDeclaration> read_declarations(FieldReader& step, FirstProblem& problems);

}  // namespace tenon
