#pragma once

#include "plugin_host/plugin_registry.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace tenon::corpus {

/// A good plugin's handler, called all the time on a thread of its own: who shares a host with a
/// nasty plugin must not notice.
class Neighbour {
public:
    /// The plugin, as CorpusHost deploys it.
    static constexpr std::string_view guest = "rolling_b1";

    /// `registry` has the plugin, and outlives this object.
    explicit Neighbour(const plugin_host::PluginRegistry& registry);
    ~Neighbour();
    Neighbour(const Neighbour&) = delete;
    Neighbour& operator=(const Neighbour&) = delete;

    std::uint64_t right() const noexcept { return right_; }

    std::uint64_t wrong() const noexcept { return wrong_; }

    /// Whether calls that begin from now on are answered, and right so far.
    bool answers() const;

    /// The first wrong answer, or empty.
    std::string complaint() const;

private:
    void call();

    const plugin_host::PluginRegistry& registry_;
    std::atomic<std::uint64_t> right_{0};
    std::atomic<std::uint64_t> wrong_{0};
    mutable std::mutex mutex_;  // Guards the complaint, which the caller writes and a test reads.
    std::string complaint_;
    std::jthread thread_;
};

}  // namespace tenon::corpus
