#include "plugin_host/runner/runner_process.hpp"

#include "foundation/error.hpp"
#include "plugin_host/runner/guest/runner_descriptors.hpp"
#include "plugin_host/scout/guest_environment.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace tenon::plugin_host {
namespace {

// A process that was killed is gone at once, but for the time its memory takes to be given back.
constexpr std::chrono::milliseconds last_moment{2000};

constexpr int first_free = 7;

Exception impossible(std::string_view what, int error) {
    return Exception(
        {ErrorCode::unavailable,
         fmt::format("a runner process cannot be {}: {}", what, std::strerror(error))}
    );
}

FileDescriptor checked(int descriptor, std::string_view what) {
    if (descriptor < 0) {
        throw impossible(what, errno);
    }
    return FileDescriptor(descriptor);
}

struct Pair {
    FileDescriptor ours;
    FileDescriptor theirs;
};

Pair make_socket() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw impossible("given a socket", errno);
    }
    return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

Pair make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw impossible("given a pipe", errno);
    }
    Pair pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
    ::fcntl(pipe.ours.get(), F_SETFL, O_NONBLOCK);
    return pipe;
}

SharedPage* map_page(const FileDescriptor& file) {
    if (::ftruncate(file.get(), sizeof(SharedPage)) != 0) {
        throw impossible("given a page", errno);
    }
    void* const page =
        ::mmap(nullptr, sizeof(SharedPage), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (page == MAP_FAILED) {
        throw impossible("given a page", errno);
    }
    // From now on nobody else can map it for writing.
    ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
    return new (page) SharedPage;
}

/// posix_spawn's two objects, which are to be destroyed.
class SpawnPlan {
public:
    SpawnPlan() {
        posix_spawn_file_actions_init(&actions_);
        posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        // A group of its own: what the terminal sends to the host is not meant for it.
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        );
    }

    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;

    ~SpawnPlan() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    void give(int descriptor, int as) {
        // The targets may be among the sources: high numbers first make each dup safe.
        const int high = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 64);
        high_.emplace_back(high);
        posix_spawn_file_actions_adddup2(&actions_, high, as);
    }

    pid_t run(const std::filesystem::path& program) {
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addclosefrom_np(&actions_, first_free);
        auto name = program.string();
        auto host = std::to_string(::getpid());
        std::array<char*, 3> words{name.data(), host.data(), nullptr};
        auto environment = guest_environment();
        pid_t pid = 0;
        const int error = ::posix_spawn(
            &pid, name.c_str(), &actions_, &attributes_, words.data(), environment.data()
        );
        if (error != 0) {
            throw impossible("started", error);
        }
        return pid;
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
    std::vector<FileDescriptor> high_;
};

}  // namespace

struct RunnerProcess::Ends {
    Pair socket = make_socket();
    Pair out = make_pipe();
    Pair err = make_pipe();
    Pair log = make_pipe();
    FileDescriptor cancel =
        checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "given an event descriptor");
    FileDescriptor page =
        checked(::memfd_create("runner", MFD_CLOEXEC | MFD_ALLOW_SEALING), "given a page");
    FileDescriptor pidfd = FileDescriptor();
    SharedPage* mapped = nullptr;
};

std::string RunnerEnding::text() const {
    if (signal == 0) {
        return fmt::format("exit {}", exit_code);
    }
    const char* name = ::sigabbrev_np(signal);
    return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

std::unique_ptr<RunnerProcess> RunnerProcess::start(
    const std::filesystem::path& program,
    std::string plugin_id,
    PluginLog log
) {
    Ends ends;
    ends.mapped = map_page(ends.page);
    pid_t pid = 0;
    {
        SpawnPlan plan;
        plan.give(ends.out.theirs.get(), STDOUT_FILENO);
        plan.give(ends.err.theirs.get(), STDERR_FILENO);
        plan.give(ends.socket.theirs.get(), static_cast<int>(RunnerDescriptor::socket));
        plan.give(ends.cancel.get(), static_cast<int>(RunnerDescriptor::cancel));
        plan.give(ends.page.get(), static_cast<int>(RunnerDescriptor::page));
        plan.give(ends.log.theirs.get(), static_cast<int>(RunnerDescriptor::log));
        try {
            pid = plan.run(program);
        } catch (...) {
            ::munmap(ends.mapped, sizeof(SharedPage));
            throw;
        }
    }
    ends.pidfd = FileDescriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    // From here on the process has an owner, which ends it.
    return std::unique_ptr<RunnerProcess>(
        new RunnerProcess(pid, std::move(ends), std::move(plugin_id), std::move(log))
    );
}

RunnerProcess::RunnerProcess(pid_t pid, Ends ends, std::string plugin_id, PluginLog log)
    : pid_(pid),
      pidfd_(std::move(ends.pidfd)),
      socket_(std::move(ends.socket.ours)),
      cancel_(std::move(ends.cancel)),
      page_(ends.mapped),
      output_(std::make_shared<RunnerOutput>(
          RunnerOutput::Pipes{
              std::move(ends.out.ours),
              std::move(ends.err.ours),
              std::move(ends.log.ours)
          },
          std::move(plugin_id),
          std::move(log)
      )) {}

RunnerProcess::~RunnerProcess() {
    if (!ending_) {
        signal(SIGKILL);
        wait(last_moment);
    }
    ::munmap(page_, sizeof(SharedPage));
}

void RunnerProcess::cancel(CancelReason reason) noexcept {
    page_->cancel_reason.store(static_cast<std::int32_t>(reason), std::memory_order_release);
    ::eventfd_write(cancel_.get(), 1);
}

void RunnerProcess::forget_cancel() noexcept {
    if (page_->cancel_reason.load(std::memory_order_relaxed) != 0) {
        page_->cancel_reason.store(0, std::memory_order_release);
        eventfd_t count = 0;
        ::eventfd_read(cancel_.get(), &count);
    }
}

void RunnerProcess::signal(int number) const noexcept {
    // Not reaped yet, so the number is still its own.
    if (!ending_) {
        ::kill(pid_, number);
    }
}

std::optional<RunnerEnding> RunnerProcess::wait(std::chrono::milliseconds limit) {
    if (ending_) {
        return ending_;
    }
    const auto deadline = std::chrono::steady_clock::now() + limit;
    siginfo_t information{};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &information, WEXITED | WNOHANG) == 0 &&
           information.si_pid == 0) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now()
        );
        if (left.count() <= 0) {
            return std::nullopt;
        }
        pollfd waited{pidfd_.get(), POLLIN, 0};
        ::poll(&waited, 1, static_cast<int>(left.count()));
    }
    const bool exited = information.si_code == CLD_EXITED;
    ending_ = RunnerEnding{
        .signal = exited ? 0 : information.si_status,
        .exit_code = exited ? information.si_status : 0
    };
    return ending_;
}

std::uint64_t RunnerProcess::resident_bytes() const {
    std::ifstream file(fmt::format("/proc/{}/statm", pid_));
    std::uint64_t pages = 0;
    std::uint64_t resident = 0;
    file >> pages >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace tenon::plugin_host
