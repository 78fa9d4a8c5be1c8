#pragma once

#include "corpus_host.hpp"
#include "plugin_host/crash/crash_record.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tenon::corpus {

/// A CorpusHost in this process, whose neighbour must have been served from its begin to its end.
class ServingHost : public CorpusHost {
public:
    using CorpusHost::CorpusHost;
    ~ServingHost();
};

/// Another process with an in-process host, for plugins that may take it down: the program
/// `corpus_child`. It tells in a file what it sees.
struct ChildHost {
    int exit_code = -1;                             ///< 128 + the signal that ended it.
    std::vector<std::string> lines;                 ///< What it told, in order.
    std::optional<plugin_host::CrashRecord> crash;  ///< What it left where it did not end in order.

    /// Whether the neighbour was served to the end, and the host was there at the end.
    bool went_on() const;

    /// What the calls of the guest gave.
    std::vector<std::string> answers() const;
};

/// Lets a host of `directory` call `method` of the only handler of `guest`, `times` times. The
/// neighbour must have been served before.
ChildHost call_in_child(
    const std::filesystem::path& directory,
    const std::string& guest,
    const std::string& method,
    int times = 1
);

/// Counts neighbours that were served throughout, since `forget_served`.
void note_served();
int served_neighbours();
void forget_served();

}  // namespace tenon::corpus
