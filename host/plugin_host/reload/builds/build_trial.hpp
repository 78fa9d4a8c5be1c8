#pragma once

#include "foundation/result.hpp"
#include "plugin_host/scout/scout.hpp"
#include "plugin_host/snapshot.hpp"

#include <map>
#include <string>

namespace tenon::plugin_host {

/// What was learned of a build before it was loaded here.
struct TrialReport {
    bool tried = false;        ///< Else nobody looked.
    std::string keeps_mapped;  ///< Why it must not be unloaded here; empty: it may.
};

/// Tries builds out before this process loads them. One thread at a time.
class BuildTrial {
public:
    virtual ~BuildTrial() = default;

    /// The error says what the build did, in words that follow the name of its file.
    virtual Result<TrialReport> run(const Snapshot& copy) = 0;
};

/// Runs them in scout processes: loads, starts, makes instances, tests itself, unloads. A build
/// that passed is not tried again.
class ScoutTrial : public BuildTrial {
public:
    explicit ScoutTrial(Scout scout) : scout_(std::move(scout)) {}

    Result<TrialReport> run(const Snapshot& copy) override;

private:
    Scout scout_;
    std::map<std::string, TrialReport> passed_;  // By SHA-256.
};

}  // namespace tenon::plugin_host
