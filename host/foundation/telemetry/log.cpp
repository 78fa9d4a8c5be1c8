#include "foundation/telemetry/log.hpp"

#include "foundation/telemetry/redaction.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>

namespace tenon::log {
namespace {

spdlog::level::level_enum to_spdlog(Level level) noexcept {
    switch (level) {
        case Level::debug: return spdlog::level::debug;
        case Level::info: return spdlog::level::info;
        case Level::warning: return spdlog::level::warn;
        case Level::error: return spdlog::level::err;
    }
    return spdlog::level::err;
}

/// A message is one line whatever a plugin or a client put into it.
std::string one_line(std::string_view message) {
    std::string line(message);
    const auto is_control = [](unsigned char byte) { return byte < ' ' || byte == 0x7F; };
    std::ranges::replace_if(line, is_control, ' ');
    return line;
}

}  // namespace

void start(Level threshold) {
    auto logger = std::make_shared<spdlog::logger>(
        "tenon", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()
    );
    logger->set_level(to_spdlog(threshold));
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%-7l%$ %v");
    spdlog::set_default_logger(std::move(logger));
}

std::string_view to_string(Level level) noexcept {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warning: return "warning";
        case Level::error: return "error";
    }
    return "error";
}

std::optional<Level> parse_level(std::string_view text) noexcept {
    for (const auto level : {Level::debug, Level::info, Level::warning, Level::error}) {
        if (to_string(level) == text) {
            return level;
        }
    }
    return std::nullopt;
}

void set_level(Level threshold) {
    spdlog::default_logger_raw()->set_level(to_spdlog(threshold));
}

void flush() {
    spdlog::default_logger_raw()->flush();
}

void write(Level level, std::string_view component, std::string_view message) {
    auto* logger = spdlog::default_logger_raw();
    if (logger->should_log(to_spdlog(level))) {
        logger->log(to_spdlog(level), "{:<13} {}", component, one_line(redact(message)));
    }
}

}  // namespace tenon::log
