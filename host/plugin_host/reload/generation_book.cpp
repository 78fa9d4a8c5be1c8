#include "plugin_host/reload/generation_book.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace tenon::plugin_host {
namespace {

// Retired ones to tell of, for each plugin.
constexpr std::size_t most_retired = 10;

bool is_retired(PluginState state) {
    return state == PluginState::retired_closed || state == PluginState::retired_pinned;
}

}  // namespace

const GenerationStatus* PluginStatus::active() const {
    const auto found =
        std::ranges::find(generations, PluginState::active, &GenerationStatus::state);
    return found == generations.end() ? nullptr : &*found;
}

void GenerationBook::open(const Generation& generation) {
    const auto now = std::chrono::system_clock::now();
    Entry entry{
        .status =
            {.info = generation.info(),
             .state = PluginState::loaded,
             .loaded_at = now,
             .since = now,
             .calls = {},
             .runners = {},
             .on_probation = false,
             .reason = {}},
        .tally = generation.calls(),
        .runners = generation.runners()
    };
    const std::lock_guard lock(mutex_);
    entries_.insert_or_assign(generation.info().generation, std::move(entry));
}

bool GenerationBook::enter(std::uint64_t generation, PluginState state, std::string reason) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(generation);
    if (found == entries_.end()) {
        return false;
    }
    auto& status = found->second.status;
    status.state = state;
    status.reason = std::move(reason);
    status.since = std::chrono::system_clock::now();
    if (is_retired(state)) {
        forget_old_ones(std::string(status.info.id));
    }
    return true;
}

std::optional<GenerationStatus> GenerationBook::find(std::uint64_t generation) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(generation);
    return found == entries_.end() ? std::nullopt : std::optional(status_of(found->second));
}

std::optional<GenerationStatus> GenerationBook::active(std::string_view plugin_id) const {
    const std::lock_guard lock(mutex_);
    for (const auto& entry : std::views::values(entries_)) {
        if (entry.status.info.id == plugin_id && entry.status.state == PluginState::active) {
            return status_of(entry);
        }
    }
    return std::nullopt;
}

std::vector<PluginStatus> GenerationBook::plugins() const {
    std::map<std::string, PluginStatus> by_id;
    const std::lock_guard lock(mutex_);
    for (const auto& entry : std::views::values(entries_) | std::views::reverse) {
        auto& plugin = by_id[entry.status.info.id];
        plugin.id = entry.status.info.id;
        plugin.generations.push_back(status_of(entry));
    }
    std::vector<PluginStatus> plugins;
    plugins.reserve(by_id.size());
    for (auto& plugin : std::views::values(by_id)) {
        plugins.push_back(std::move(plugin));
    }
    return plugins;
}

void GenerationBook::end_probation(std::uint64_t generation) {
    const std::lock_guard lock(mutex_);
    if (const auto found = entries_.find(generation); found != entries_.end()) {
        found->second.tally->stop_watching();
    }
}

std::vector<GenerationStatus> GenerationBook::on_probation() const {
    std::vector<GenerationStatus> found;
    const std::lock_guard lock(mutex_);
    for (const auto& entry : std::views::values(entries_)) {
        if (entry.status.state == PluginState::active && entry.tally->watched()) {
            found.push_back(status_of(entry));
        }
    }
    return found;
}

GenerationStatus GenerationBook::status_of(const Entry& entry) {
    auto status = entry.status;
    status.calls = entry.tally->counts();
    if (entry.runners) {
        status.runners = entry.runners->status();
    }
    status.on_probation = status.state == PluginState::active && entry.tally->watched();
    return status;
}

void GenerationBook::forget_old_ones(const std::string& plugin_id) {
    std::vector<std::uint64_t> retired;
    for (const auto& [number, entry] : entries_) {
        if (entry.status.info.id == plugin_id && is_retired(entry.status.state)) {
            retired.push_back(number);
        }
    }
    for (std::size_t i = 0; i + most_retired < retired.size(); ++i) {
        entries_.erase(retired[i]);
    }
}

}  // namespace tenon::plugin_host
