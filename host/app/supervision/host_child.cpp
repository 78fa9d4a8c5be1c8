#include "app/supervision/host_child.hpp"

#include "foundation/error.hpp"

#include <cerrno>
#include <csignal>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <system_error>
#include <unistd.h>

namespace tenon::app {
namespace {

constexpr int not_started = 127;

// The running program itself, even when its file was replaced meanwhile.
constexpr const char* this_program = "/proc/self/exe";

[[noreturn]] void become(const std::vector<char*>& words, const sigset_t& unblocked, pid_t parent) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(not_started);  // It ended before the kernel knew what to do then.
    }
    ::sigprocmask(SIG_UNBLOCK, &unblocked, nullptr);
    ::execve(this_program, words.data(), environ);
    ::_exit(not_started);
}

}  // namespace

pid_t start_again(std::vector<std::string> arguments, const std::vector<int>& unblocked) {
    std::vector<char*> words;
    words.reserve(arguments.size() + 1);
    for (auto& argument : arguments) {
        words.push_back(argument.data());
    }
    words.push_back(nullptr);
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : unblocked) {
        ::sigaddset(&signals, signal);
    }
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) {
        become(words, signals, parent);
    }
    if (child < 0) {
        throw Exception(
            {ErrorCode::unavailable,
             fmt::format(
                 "cannot start the host's process: {}; free processes or memory, or use "
                 "--no-supervisor",
                 std::generic_category().message(errno)
             )}
        );
    }
    return child;
}

}  // namespace tenon::app
