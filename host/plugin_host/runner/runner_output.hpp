#pragma once

#include "plugin_host/generation.hpp"
#include "plugin_host/trust/trusted_file.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace tenon::plugin_host {

/// Cuts a stream of bytes into lines, none of them longer than `longest`.
class LineCutter {
public:
    using OnLine = std::function<void(std::string_view)>;

    void feed(std::string_view bytes, const OnLine& on_line);

    /// What is left, as a line.
    void finish(const OnLine& on_line);

private:
    static constexpr std::size_t longest = 2048;

    std::string pending_;
};

/// Lets through so many in a second, and counts the others.
class RateLimit {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Whether one more may pass. After a pause, `dropped` says how many did not.
    bool admit(Time now);

    /// How many were dropped since the last question, once they stop or a second has passed.
    std::uint64_t take_dropped(Time now);

private:
    static constexpr std::uint32_t most_a_second = 200;

    Time second_{};
    std::uint32_t admitted_ = 0;
    std::uint64_t dropped_ = 0;
};

/// What one runner writes: to stdout, to stderr, and through `tenon_host.log`. It becomes lines of
/// the host's log, bounded in length and number. [any-thread]
class RunnerOutput {
public:
    /// The read ends of its pipes; none of them blocks.
    struct Pipes {
        FileDescriptor out;
        FileDescriptor err;
        FileDescriptor log;
    };

    RunnerOutput(Pipes pipes, std::string plugin_id, PluginLog log);

    /// Reads what is there, without waiting. False once all pipes have ended.
    bool drain();

    /// The end of what it wrote to stderr, up to 4 KiB of valid UTF-8.
    std::string last_words() const;

    std::array<int, 3> descriptors() const noexcept {
        return {streams_[0].pipe.get(), streams_[1].pipe.get(), streams_[2].pipe.get()};
    }

private:
    struct Stream {
        FileDescriptor pipe;
        LineCutter cutter = {};
        RateLimit rate = {};
        bool ended = false;
    };

    static constexpr std::size_t err_stream = 1;
    static constexpr std::size_t log_stream = 2;

    void read(std::size_t which);
    void pass_on(std::size_t which, std::string_view line);
    void tell(std::int32_t level, std::string_view line) const;

    const std::string plugin_id_;
    const PluginLog log_;
    mutable std::mutex mutex_;  // Guards all: a call that failed reads along with the supervisor.
    std::array<Stream, 3> streams_;
    std::string last_words_;
};

}  // namespace tenon::plugin_host
