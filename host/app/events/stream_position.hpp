#pragma once

#include "foundation/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tenon::app {

/// How far a reader of events is: for each namespace the number of the last event on its queue.
using StreamPosition = std::map<std::string, std::int64_t>;

/// As `id:` of server-sent events carries it: `orders:12,payments:7`.
std::string to_text(const StreamPosition& position);

/// What `to_text` wrote. Refuses anything else with a sentence.
Result<StreamPosition> parse_stream_position(std::string_view text);

/// Whether `text` may name a namespace.
bool is_namespace(std::string_view text) noexcept;

}  // namespace tenon::app
