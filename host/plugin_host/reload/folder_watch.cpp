#include "plugin_host/reload/folder_watch.hpp"

#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace tenon::plugin_host {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view component = "plugins";
constexpr std::uint32_t changes = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_MODIFY |
                                  IN_CLOSE_WRITE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR;

std::int64_t nanoseconds(const timespec& time) {
    constexpr std::int64_t second = 1'000'000'000;
    return std::int64_t{time.tv_sec} * second + time.tv_nsec;
}

// A host whose descriptors are closed serves nobody and could not even stop; one that starts anew
// can do both.
[[noreturn]] void end_without_descriptors() {
    log::error(
        component,
        "a plugin in this process closed descriptors that are not its own: give it a process of "
        "its own"
    );
    std::abort();
}

// Only the kernel knows: it gives nobody a lease on the reading of a file that is open for writing.
bool is_open_for_writing(const fs::path& file) {
    constexpr int harmless = SIGURG;  // Instead of SIGIO, should somebody open it this moment.
    const FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    );
    if (!opened || ::fcntl(opened.get(), F_SETSIG, harmless) != 0) {
        return false;
    }
    const bool given = ::fcntl(opened.get(), F_SETLEASE, F_RDLCK) == 0;
    const bool refused = !given && errno == EAGAIN;
    if (given) {
        ::fcntl(opened.get(), F_SETLEASE, F_UNLCK);
    }
    return refused;
}

}  // namespace

FileVersion FileVersion::of(const fs::path& file) {
    FileVersion version;
    struct stat status{};
    if (::lstat(file.c_str(), &status) != 0) {
        return version;
    }
    version.device = status.st_dev;
    version.inode = status.st_ino;
    version.size = status.st_size;
    version.modified_ns = nanoseconds(status.st_mtim);
    version.changed_ns = nanoseconds(status.st_ctim);
    if (::lstat((file.string() + ".sig").c_str(), &status) == 0) {
        version.signature_inode = status.st_ino;
        version.signature_changed_ns = nanoseconds(status.st_ctim);
    }
    return version;
}

FolderWatch::FolderWatch(std::vector<fs::path> folders, Options options)
    : folders_(std::move(folders)),
      options_(options),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      next_scan_(Clock::now() + options.rescan) {
    if (!wake_) {
        throw Exception({ErrorCode::unavailable, "no event descriptor can be had for plugins"});
    }
    listen();
}

// Again and again, because a folder may be away for a moment, or another one in its place.
void FolderWatch::listen() {
    std::map<int, fs::path> watches;
    for (const auto& folder : folders_) {
        const int watch =
            inotify_ ? ::inotify_add_watch(inotify_.get(), folder.c_str(), changes) : -1;
        if (watch >= 0) {
            watches.emplace(watch, folder);
        } else if (hears_ || watches_.empty()) {
            log::warning(
                component,
                "changes in " + folder.string() + " are found by looking every " +
                    std::to_string(options_.rescan.count() / 1000) +
                    " s only: " + std::generic_category().message(errno)
            );
        }
    }
    watches_ = std::move(watches);
    hears_ = watches_.size() == folders_.size();
}

bool FolderWatch::wait() {
    while (true) {
        const auto now = Clock::now();
        if (overflowed_ || now >= due()) {
            changed_ = false;
            overflowed_ = false;
            next_scan_ = now + options_.rescan;
            listen();
            return true;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(due() - now);
        std::array<pollfd, 2> waited{
            pollfd{wake_.get(), POLLIN, 0}, pollfd{inotify_.get(), POLLIN, 0}
        };
        ::poll(waited.data(), waited.size(), static_cast<int>(left.count()));
        if ((waited[0].revents & POLLNVAL) != 0) {
            end_without_descriptors();
        }
        if (waited[1].revents != 0) {
            read_events();
        }
        std::uint64_t woken = 0;
        if (::read(wake_.get(), &woken, sizeof woken) > 0) {
            return false;
        }
    }
}

void FolderWatch::wake() noexcept {
    const std::uint64_t one = 1;
    if (::write(wake_.get(), &one, sizeof one) < 0 && errno == EBADF) {
        end_without_descriptors();
    }
}

void FolderWatch::check() const {
    for (const auto& folder : folders_) {
        std::error_code problem;
        const fs::directory_iterator readable(folder, problem);
        if (problem) {
            throw Exception(
                {ErrorCode::not_found,
                 fmt::format(
                     "plugin directory {} cannot be read: {}; name another one with --plugins",
                     folder.string(),
                     problem.message()
                 )}
            );
        }
    }
}

fs::path FolderWatch::find(const fs::path& named) const {
    std::string folders;
    for (const auto& folder : folders_) {
        std::error_code problem;
        const auto file = named.has_parent_path() ? named : folder / named;
        const bool here = fs::weakly_canonical(fs::absolute(file).parent_path(), problem) ==
                          fs::weakly_canonical(fs::absolute(folder), problem);
        if (here && file.extension() == ".so") {
            return folder / file.filename();
        }
        folders += (folders.empty() ? "" : ", ") + folder.string();
    }
    throw Exception(
        {ErrorCode::invalid_input,
         fmt::format(
             "{} is no .so in a plugin folder of this host; these are {}",
             named.string(),
             folders.empty() ? "none" : folders
         )}
    );
}

std::vector<fs::path> FolderWatch::files() const {
    std::vector<fs::path> found;
    for (const auto& folder : folders_) {
        std::error_code problem;
        for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end;
             entry.increment(problem)) {
            if (entry->path().extension() == ".so") {
                found.push_back(entry->path());
            }
        }
    }
    std::ranges::sort(found);
    return found;
}

bool FolderWatch::being_written(const fs::path& file) {
    if (!is_open_for_writing(file)) {
        written_.erase(file);
        return false;
    }
    const auto since = written_.try_emplace(file, Clock::now()).first->second;
    return Clock::now() - since < options_.rescan;
}

void FolderWatch::read_events() {
    alignas(inotify_event) std::array<char, 16384> buffer{};
    for (auto size = ::read(inotify_.get(), buffer.data(), buffer.size()); size > 0;
         size = ::read(inotify_.get(), buffer.data(), buffer.size())) {
        for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            at += sizeof event + event.len;
            overflowed_ = overflowed_ || (event.mask & IN_Q_OVERFLOW) != 0;
            if ((event.mask & IN_IGNORED) != 0) {
                watches_.erase(event.wd);
                hears_ = false;
            }
            note_change();
        }
    }
}

void FolderWatch::note_change() {
    last_change_ = Clock::now();
    if (!changed_) {
        changed_ = true;
        first_change_ = last_change_;
    }
}

FolderWatch::Clock::time_point FolderWatch::due() const {
    const auto by_change = std::min(last_change_ + options_.quiet, first_change_ + options_.most);
    return changed_ ? std::min(by_change, next_scan_) : next_scan_;
}

}  // namespace tenon::plugin_host
