#pragma once

#include "foundation/result.hpp"
#include "plugin_host/generation.hpp"
#include "plugin_host/inspection/plugin_manifest.hpp"
#include "plugin_host/snapshot.hpp"

#include <cstdint>

namespace tenon::plugin_host {

/// Who is told of each stage that a file passes on its way into the registry, and may end the way.
/// Called on the thread that loads, one load at a time. By default nothing is in the way.
class LoadGate {
public:
    virtual ~LoadGate() = default;

    /// A private copy was made, of a build that is not active.
    virtual Result<void> snapshotted(const Snapshot& /*copy*/) { return {}; }

    /// It is a plugin, trusted, and has its place beside the others. None of its code ran yet.
    virtual Result<void> inspected(const Snapshot& /*copy*/, const PluginManifest& /*manifest*/) {
        return {};
    }

    /// It is loaded and initialised, and nobody can call it yet.
    virtual void loaded(Generation& /*generation*/) {}

    /// New calls go to it. `before` is the generation that they went to, or 0.
    virtual void published(const Generation& /*generation*/, std::uint64_t /*before*/) {}
};

}  // namespace tenon::plugin_host
