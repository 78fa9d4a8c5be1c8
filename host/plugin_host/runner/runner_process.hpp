#pragma once

#include "foundation/result.hpp"
#include "plugin_host/cancel_reason.hpp"
#include "plugin_host/runner/protocol/frame_socket.hpp"
#include "plugin_host/runner/runner_output.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

namespace tenon::plugin_host {

/// How a runner ended.
struct RunnerEnding {
    int signal = 0;     ///< 0: it exited.
    int exit_code = 0;  ///< Of one that exited.

    /// "SIGSEGV", or "exit 7".
    std::string text() const;
};

/// The page that a host shares with a runner, which can only read it.
struct SharedPage {
    std::atomic<std::int32_t> cancel_reason{0};  ///< Of the running call, as in the ABI.
};

/// One runner: a child process, the ends of its socket and its pipes, and the means to stop it.
/// One owner at a time.
class RunnerProcess {
public:
    /// Starts `program`. It dies with the thread that calls this, which therefore has to live as
    /// long as it should. Its descriptors are 0 to 6, see guest/runner_descriptors.hpp. Throws
    /// Exception(unavailable) when no process can be started.
    static std::unique_ptr<RunnerProcess> start(
        const std::filesystem::path& program,
        std::string plugin_id,
        PluginLog log
    );

    RunnerProcess(const RunnerProcess&) = delete;
    RunnerProcess& operator=(const RunnerProcess&) = delete;

    /// Kills it if need be.
    ~RunnerProcess();

    pid_t pid() const noexcept { return pid_; }

    /// Readable once the process has ended.
    int descriptor() const noexcept { return pidfd_.get(); }

    FrameSocket& socket() noexcept { return socket_; }

    const std::shared_ptr<RunnerOutput>& output() const noexcept { return output_; }

    /// What the handler at work sees as the reason to stop.
    void cancel(CancelReason reason) noexcept;

    /// Before the next call.
    void forget_cancel() noexcept;

    void signal(int number) const noexcept;

    /// Whether it has ended, after waiting for that up to `limit`.
    std::optional<RunnerEnding> wait(std::chrono::milliseconds limit);

    /// Bytes of memory that it holds; 0 when that is unknown.
    std::uint64_t resident_bytes() const;

private:
    struct Ends;

    RunnerProcess(pid_t pid, Ends ends, std::string plugin_id, PluginLog log);

    pid_t pid_;
    FileDescriptor pidfd_;
    FrameSocket socket_;
    FileDescriptor cancel_;
    SharedPage* page_ = nullptr;
    std::shared_ptr<RunnerOutput> output_;
    std::optional<RunnerEnding> ending_;
};

}  // namespace tenon::plugin_host
