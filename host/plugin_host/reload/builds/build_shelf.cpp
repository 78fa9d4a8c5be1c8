#include "plugin_host/reload/builds/build_shelf.hpp"

#include <ranges>
#include <utility>

namespace tenon::plugin_host {

void BuildShelf::put(const std::string& plugin_id, ShelvedBuild build) {
    // Snapshots can be moved into place, but not over one another.
    std::vector<ShelvedBuild> pile;
    auto& old = builds_[plugin_id];
    pile.reserve(old.size() + 1);
    for (auto& other : old) {
        if (other.copy.sha256() != build.copy.sha256()) {
            pile.push_back(std::move(other));
        }
    }
    pile.push_back(std::move(build));
    const auto excess = pile.size() > most_ + 1 ? pile.size() - most_ - 1 : 0;
    std::vector<ShelvedBuild> kept;
    kept.reserve(pile.size() - excess);
    for (auto& each : pile | std::views::drop(excess)) {
        kept.push_back(std::move(each));
    }
    old.swap(kept);
}

const ShelvedBuild* BuildShelf::previous(
    std::string_view plugin_id,
    const std::function<bool(const std::string&)>& allowed
) const {
    const auto found = builds_.find(plugin_id);
    if (found == builds_.end()) {
        return nullptr;
    }
    for (const auto& build : found->second | std::views::reverse | std::views::drop(1)) {
        if (allowed(build.copy.sha256())) {
            return &build;
        }
    }
    return nullptr;
}

void BuildShelf::back_to(std::string_view plugin_id, std::string_view sha256) {
    const auto found = builds_.find(plugin_id);
    while (found != builds_.end() && !found->second.empty() &&
           found->second.back().copy.sha256() != sha256) {
        found->second.pop_back();
    }
}

std::size_t BuildShelf::under_top(std::string_view plugin_id) const {
    const auto found = builds_.find(plugin_id);
    return found == builds_.end() || found->second.empty() ? 0 : found->second.size() - 1;
}

}  // namespace tenon::plugin_host
