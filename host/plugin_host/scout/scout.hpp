#pragma once

#include "plugin_host/scout/scout_reply.hpp"
#include "plugin_host/scout/scout_request.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace tenon::plugin_host {

/// How a scout process ended.
struct ScoutEnding {
    enum class Kind : std::uint8_t {
        finished,   ///< It did what it was asked to, and said so.
        exited,     ///< Something called exit(); `code` is its argument.
        signalled,  ///< `code` is the signal.
        late,       ///< It was killed at its time limit.
    };

    Kind kind = Kind::finished;
    int code = 0;
    std::chrono::milliseconds took{0};
    std::string last;  ///< The last thing that it began.
    std::vector<Finding> findings;
    std::string out;  ///< The beginning of what the plugin wrote, 64 KiB of each stream.
    std::string err;

    /// "was ended by SIGSEGV", for a sentence; empty when it finished.
    std::string fault() const;
};

/// Runs plugins in short-lived processes: what they do to theirs, they do to no host.
class Scout {
public:
    struct Options {
        std::filesystem::path program;  ///< Empty: `tenon-plugin-scout` beside this executable.
        std::chrono::milliseconds limit{10000};
    };

    /// Throws Exception(not_found) when there is no such program.
    explicit Scout(Options options);

    /// Runs one request to its end. `on_fact` hears of facts while it runs. The process gets no
    /// descriptor but its streams, and no variable that leads to the database. Throws
    /// Exception(unavailable) when no process can be started.
    ScoutEnding run(
        const ScoutRequest& request,
        const std::function<void(const ScoutLine&)>& on_fact = {}
    ) const;

private:
    Options options_;
};

}  // namespace tenon::plugin_host
