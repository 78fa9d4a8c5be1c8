#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tenon::database {

/// A setting of PostgreSQL: name and value, unquoted.
using ServerSetting = std::pair<std::string, std::string>;

/// Our defaults for a private server on a machine of about two cores: fully durable, few
/// connections, compressed WAL, rare checkpoints, a quiet log.
std::vector<ServerSetting> default_settings(bool lz4_available);

/// The text of the generated configuration file: `settings` in order (a later one wins), then the
/// operator's own file, which has the last word.
std::string render_settings(
    const std::vector<ServerSetting>& settings,
    const std::filesystem::path& operator_file
);

/// A value in PostgreSQL's single quotes, for configuration files.
std::string quote_setting(const std::string& value);

}  // namespace tenon::database
