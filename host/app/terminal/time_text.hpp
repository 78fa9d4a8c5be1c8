#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::app {

/// A duration for people, in at most eight columns: "0.42 ms", "1.34 s", "2 m 05 s", "3 h 04 m".
std::string duration_text(std::chrono::microseconds duration);

/// Reads "2026-01-31T12:00:00.123456Z"; nothing for any other text.
std::optional<std::chrono::system_clock::time_point> parse_timestamp(std::string_view text);

}  // namespace tenon::app
