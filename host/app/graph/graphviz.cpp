#include "app/graph/graphviz.hpp"

#include "app/commands/task_console.hpp"
#include "app/terminal/display_text.hpp"

#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <spawn.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tenon::app {
namespace {

/// A file in memory, for what a child reads and writes: larger than a pipe, and never blocks.
class MemoryFile {
public:
    explicit MemoryFile(const char* name) : descriptor_(::memfd_create(name, MFD_CLOEXEC)) {
        if (descriptor_ < 0) {
            throw CommandFailure(ExitCode::host_error, "there is no memory for the drawing");
        }
    }

    ~MemoryFile() { ::close(descriptor_); }

    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    int descriptor() const noexcept { return descriptor_; }

    void write(std::string_view text) const {
        while (!text.empty()) {
            const auto written = ::write(descriptor_, text.data(), text.size());
            if (written < 0) {
                throw CommandFailure(ExitCode::host_error, "there is no memory for the drawing");
            }
            text.remove_prefix(static_cast<std::size_t>(written));
        }
        ::lseek(descriptor_, 0, SEEK_SET);
    }

    std::string read() const {
        ::lseek(descriptor_, 0, SEEK_SET);
        std::string text;
        std::array<char, 65536> buffer{};
        for (auto count = ::read(descriptor_, buffer.data(), buffer.size()); count > 0;
             count = ::read(descriptor_, buffer.data(), buffer.size())) {
            text.append(buffer.data(), static_cast<std::size_t>(count));
        }
        return text;
    }

private:
    const int descriptor_;
};

int spawn_dot(const MemoryFile& in, const MemoryFile& out, const MemoryFile& err, pid_t& process) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in.descriptor(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out.descriptor(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err.descriptor(), STDERR_FILENO);
    std::string program = "dot";
    std::string format = "-Tsvg";
    std::array<char*, 3> arguments{program.data(), format.data(), nullptr};
    const int failure =
        ::posix_spawnp(&process, "dot", &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    return failure;
}

}  // namespace

std::string svg_by_dot(const std::string& dot_text) {
    const MemoryFile in("tenon-dot");
    const MemoryFile out("tenon-svg");
    const MemoryFile err("tenon-dot-errors");
    in.write(dot_text);
    pid_t process = 0;
    if (spawn_dot(in, out, err, process) != 0) {
        throw CommandFailure(
            ExitCode::host_error,
            "SVG is drawn by Graphviz, whose program 'dot' is not installed; install it (apt-get "
            "install graphviz), or choose --format terminal, mermaid or dot"
        );
    }
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw CommandFailure(
            ExitCode::host_error,
            fmt::format("Graphviz's 'dot' failed: {}", shorten(printable(err.read()), 400, "..."))
        );
    }
    return out.read();
}

}  // namespace tenon::app
