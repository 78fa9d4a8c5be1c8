#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::log {

enum class Level : std::uint8_t { debug, info, warning, error };

/// "debug", "info", "warning" or "error".
std::string_view to_string(Level level) noexcept;

/// The inverse of `to_string`; nullopt for anything else.
std::optional<Level> parse_level(std::string_view text) noexcept;

/// Sends everything to standard error, one line a message. Call once, before threads start. [setup]
void start(Level threshold);

/// From now on writes what is as bad as this, and worse. [any-thread]
void set_level(Level threshold);

/// Writes what is still buffered. [any-thread]
void flush();

/// One line: when, how bad, which part of the host, and a sentence. [any-thread]
void write(Level level, std::string_view component, std::string_view message);

inline void debug(std::string_view component, std::string_view message) {
    write(Level::debug, component, message);
}

inline void info(std::string_view component, std::string_view message) {
    write(Level::info, component, message);
}

inline void warning(std::string_view component, std::string_view message) {
    write(Level::warning, component, message);
}

inline void error(std::string_view component, std::string_view message) {
    write(Level::error, component, message);
}

}  // namespace tenon::log
