#pragma once

#include "foundation/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

/// A build that something is known of.
struct ListedBuild {
    std::string sha256;     ///< 64 lower-case hexadecimal digits.
    std::string since;      ///< "2026-01-31T12:00:00Z".
    std::string plugin_id;  ///< Empty where nobody knows.
    std::string reason;     ///< One line.
};

/// Builds that something is known of, in a file that outlives the host.
///
/// The file is replaced as a whole, by a rename of what is on disk already, so that a host that
/// dies at any point leaves the old list or the new one. Hosts that share the directory share the
/// list. [any-thread]
class BuildList {
public:
    /// `directory` is made if need be; `name` is the file's, and `heading` its first line. Throws
    /// Exception(unavailable) when the list in it cannot be read: who cannot know what it says
    /// loads nothing.
    BuildList(std::filesystem::path directory, std::string_view name, std::string heading);

    /// The list as it is on disk now. Throws as the constructor does.
    std::vector<ListedBuild> list() const;

    std::optional<ListedBuild> find(std::string_view sha256) const;

    /// Adds a build, or replaces what is known of it. Throws Exception(unavailable) when that
    /// cannot be made durable.
    void add(std::string sha256, std::string plugin_id, std::string_view reason);

    /// False when it was not in the list.
    bool release(std::string_view sha256);

    const std::filesystem::path& file() const noexcept { return file_; }

private:
    void write(const std::vector<ListedBuild>& builds) const;

    std::filesystem::path directory_;
    std::filesystem::path file_;
    std::string heading_;
};

/// The text, when it is a SHA-256 in hexadecimal, in lower case; an error that says what it is.
Result<std::string> parse_sha256(std::string_view text);

}  // namespace tenon::plugin_host
