#pragma once

#include "plugin_host/snapshot.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

/// A build that was active once, or is.
struct ShelvedBuild {
    Snapshot copy;
    std::string version;
};

/// The latest builds of each plugin, to go back to: the active one on top and a few under it. One
/// thread at a time.
class BuildShelf {
public:
    /// `most`: how many to keep under the active one.
    explicit BuildShelf(std::size_t most) : most_(most) {}

    /// A build became active. One that was here already moves to the top.
    void put(const std::string& plugin_id, ShelvedBuild build);

    /// The build to go back to: the first under the top that `allowed` lets pass, by its SHA-256.
    /// Null when there is none. Valid until the shelf changes.
    const ShelvedBuild* previous(
        std::string_view plugin_id,
        const std::function<bool(const std::string&)>& allowed
    ) const;

    /// Forgets everything above `sha256`, which is active again.
    void back_to(std::string_view plugin_id, std::string_view sha256);

    /// How many builds lie under the active one.
    std::size_t under_top(std::string_view plugin_id) const;

private:
    std::size_t most_;
    std::map<std::string, std::vector<ShelvedBuild>, std::less<>> builds_;  // The top is last.
};

}  // namespace tenon::plugin_host
