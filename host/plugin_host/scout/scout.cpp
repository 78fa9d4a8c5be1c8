#include "plugin_host/scout/scout.hpp"

#include "plugin_host/scout/guest_environment.hpp"
#include "plugin_host/trust/trusted_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace tenon::plugin_host {
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kept_output = std::size_t{64} * 1024;
constexpr std::size_t longest_line = std::size_t{64} * 1024 * 1024;
constexpr int reply_descriptor = 3;

Exception impossible(std::string_view what, int error) {
    return Exception(
        {ErrorCode::unavailable,
         fmt::format("a scout process cannot be {}: {}", what, std::strerror(error))}
    );
}

struct Pipe {
    FileDescriptor read;
    FileDescriptor write;

    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw impossible("given a pipe", errno);
        }
        read = FileDescriptor(ends[0]);
        write = FileDescriptor(ends[1]);
    }
};

// The request waits in memory, so that a scout that never reads it blocks nobody.
FileDescriptor request_file(const std::string& text) {
    FileDescriptor file(::memfd_create("scout request", MFD_CLOEXEC));
    std::string_view rest = text;
    while (file && !rest.empty()) {
        const auto written = ::write(file.get(), rest.data(), rest.size());
        if (written <= 0) {
            throw impossible("given its request", errno);
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

class ScoutProcess {
public:
    ScoutProcess(const fs::path& program, const ScoutRequest& request) {
        const auto input = request_file(to_json(request));
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        // The targets 0 to 3 may be among the sources: high numbers first make each dup safe.
        const FileDescriptor reply(::fcntl(replies_.write.get(), F_DUPFD_CLOEXEC, 64));
        const FileDescriptor out(::fcntl(out_.write.get(), F_DUPFD_CLOEXEC, 64));
        const FileDescriptor err(::fcntl(err_.write.get(), F_DUPFD_CLOEXEC, 64));
        const FileDescriptor in(::fcntl(input.get(), F_DUPFD_CLOEXEC, 64));
        posix_spawn_file_actions_adddup2(&actions, in.get(), STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions, err.get(), STDERR_FILENO);
        posix_spawn_file_actions_adddup2(&actions, reply.get(), reply_descriptor);
        posix_spawnattr_t attributes;
        posix_spawnattr_init(&attributes);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        );
        auto name = program.string();
        std::array<char*, 2> words{name.data(), nullptr};
        const int error = ::posix_spawn(
            &pid_, name.c_str(), &actions, &attributes, words.data(), guest_environment().data()
        );
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        if (error != 0) {
            throw impossible("started", error);
        }
        replies_.write.reset();
        out_.write.reset();
        err_.write.reset();
    }

    ScoutProcess(const ScoutProcess&) = delete;
    ScoutProcess& operator=(const ScoutProcess&) = delete;

    ~ScoutProcess() { finish(); }

    // Reads until the scout is gone or late, handing on each of its lines.
    bool listen(
        std::chrono::milliseconds limit,
        const std::function<void(std::string_view)>& on_line,
        ScoutEnding& ending
    ) {
        const auto deadline = Clock::now() + limit;
        std::string pending;
        while (replies_.read) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
            if (left.count() <= 0) {
                return false;
            }
            std::array<pollfd, 3> waited{
                pollfd{replies_.read.get(), POLLIN, 0},
                pollfd{out_.read.get(), POLLIN, 0},
                pollfd{err_.read.get(), POLLIN, 0},
            };
            // A process of the plugin's own may hold the pipes open: the child's end counts too.
            constexpr int look_again = 50;
            ::poll(waited.data(), waited.size(), std::min<int>(look_again, int(left.count())));
            take(out_.read, waited[1].revents, ending.out, kept_output);
            take(err_.read, waited[2].revents, ending.err, kept_output);
            take(replies_.read, waited[0].revents, pending, longest_line);
            hand_on(pending, on_line);
            if (waited[0].revents == 0 && gone()) {
                break;
            }
        }
        drain(out_.read, ending.out);
        drain(err_.read, ending.err);
        return true;
    }

    // Ends the scout with everything that it started, and returns its wait status.
    int finish() {
        if (pid_ > 0) {
            ::kill(-pid_, SIGKILL);
            if (!reaped_) {
                ::waitpid(pid_, &status_, 0);
            }
            pid_ = 0;
        }
        return status_;
    }

    // The wait status of a scout that ends by itself within `limit`.
    bool wait(std::chrono::milliseconds limit) {
        const auto deadline = Clock::now() + limit;
        while (!gone()) {
            if (Clock::now() >= deadline) {
                return false;
            }
            ::poll(nullptr, 0, 1);
        }
        return true;
    }

private:
    bool gone() {
        reaped_ = reaped_ || ::waitpid(pid_, &status_, WNOHANG) == pid_;
        return reaped_;
    }

    static void take(FileDescriptor& from, short events, std::string& into, std::size_t most) {
        if (!from || events == 0) {
            return;
        }
        std::array<char, 65536> buffer{};
        const auto size = ::read(from.get(), buffer.data(), buffer.size());
        if (size <= 0) {
            from.reset();
            return;
        }
        const auto room = most - std::min(most, into.size());
        into.append(buffer.data(), std::min(room, static_cast<std::size_t>(size)));
    }

    static void drain(FileDescriptor& from, std::string& into) {
        while (from) {
            pollfd waited{from.get(), POLLIN, 0};
            if (::poll(&waited, 1, 0) <= 0) {
                return;
            }
            take(from, waited.revents, into, kept_output);
        }
    }

    static void hand_on(
        std::string& pending,
        const std::function<void(std::string_view)>& on_line
    ) {
        std::size_t begin = 0;
        for (auto end = pending.find('\n'); end != std::string::npos;
             end = pending.find('\n', begin)) {
            on_line(std::string_view(pending).substr(begin, end - begin));
            begin = end + 1;
        }
        pending.erase(0, begin);
    }

    Pipe replies_;
    Pipe out_;
    Pipe err_;
    pid_t pid_ = 0;
    int status_ = 0;
    bool reaped_ = false;
};

}  // namespace

std::string ScoutEnding::fault() const {
    switch (kind) {
        case Kind::finished: return {};
        case Kind::exited: return fmt::format("ended its process with exit code {}", code);
        case Kind::signalled: {
            const char* name = ::sigabbrev_np(code);
            return name == nullptr ? fmt::format("was ended by signal {}", code)
                                   : fmt::format("was ended by SIG{}", name);
        }
        case Kind::late: return fmt::format("had not ended after {} ms", took.count());
    }
    return {};
}

Scout::Scout(Options options) : options_(std::move(options)) {
    if (options_.program.empty()) {
        options_.program = fs::read_symlink("/proc/self/exe").parent_path() / "tenon-plugin-scout";
    }
    if (!fs::exists(options_.program)) {
        throw Exception(
            {ErrorCode::not_found,
             fmt::format("{} does not exist: install it beside tenon", options_.program.string())}
        );
    }
}

ScoutEnding Scout::run(
    const ScoutRequest& request,
    const std::function<void(const ScoutLine&)>& on_fact
) const {
    ScoutEnding ending;
    bool finished = false;
    const auto began = Clock::now();
    ScoutProcess process(options_.program, request);
    const auto on_line = [&](std::string_view text) {
        const auto line = parse_scout_line(text);
        if (!line) {
            return;
        }
        finished = finished || line->ended;
        if (line->began) {
            ending.last = *line->began;
        }
        if (line->finding) {
            ending.findings.push_back(*line->finding);
        }
        if (!line->fact.empty() && on_fact) {
            on_fact(*line);
        }
    };
    const bool heard = process.listen(options_.limit, on_line, ending);
    // One that has said everything may still hang in its static destructors.
    constexpr std::chrono::milliseconds last_moment{1000};
    const bool ended = heard && process.wait(last_moment);
    const int status = process.finish();
    ending.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
    if (!ended) {
        ending.kind = ScoutEnding::Kind::late;
    } else if (WIFSIGNALED(status)) {
        ending.kind = ScoutEnding::Kind::signalled;
        ending.code = WTERMSIG(status);
    } else if (!finished || WEXITSTATUS(status) != 0) {
        ending.kind = ScoutEnding::Kind::exited;
        ending.code = WEXITSTATUS(status);
    }
    return ending;
}

}  // namespace tenon::plugin_host
