#include "plugin_host/crash/crash_file.hpp"

#include "foundation/error.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <new>
#include <string>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace tenon::plugin_host {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t page_bytes = 4096;
constexpr std::string_view extension = ".crash";
constexpr auto longest_kept = std::chrono::hours(24 * 7);

Exception unusable(const fs::path& file, int error) {
    return Exception(
        {ErrorCode::unavailable,
         fmt::format(
             "the crash file {} cannot be used: {}; name another directory with --plugin-state",
             file.string(),
             std::generic_category().message(error)
         )}
    );
}

bool is_old(const fs::path& file) {
    std::error_code gone;
    const auto written = fs::last_write_time(file, gone);
    return !gone && fs::file_time_type::clock::now() - written > longest_kept;
}

bool is_alive(std::uint32_t process) {
    return ::kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM;
}

/// What a host left that died or is about to. Removes the file when it says nothing.
///
/// A complete record is its host's last word, even while a process that a plugin forked holds its
/// lock. A file that is not locked may still be that of a host whose plugin closed everything.
std::optional<CrashRecord> take(const fs::path& file) {
    const auto record = read_crash_file(file);
    const bool old = is_old(file);
    if (record && record->stage == CrashStage::complete && !old) {
        return record;
    }
    const FileDescriptor lock(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!lock || ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0) {
        return std::nullopt;
    }
    if (record && !old && record->stage == CrashStage::begun) {
        return record;
    }
    if (!record || old || !is_alive(record->process)) {
        ::unlink(file.c_str());
    }
    return std::nullopt;
}

}  // namespace

CrashFile::CrashFile(const fs::path& directory, std::string_view name, std::uint64_t home)
    : path_(directory / (std::string(name) + std::string(extension))) {
    std::error_code problem;
    fs::create_directories(directory.parent_path(), problem);
    if (::mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
        throw unusable(path_, errno);
    }
    // Under another name until it is locked: what others find under its own, unlocked, died.
    const auto draft = path_.string() + ".new";
    file_ = FileDescriptor(::open(
        draft.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR
    ));
    if (!file_ || ::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
        throw unusable(path_, errno);
    }
    // Its blocks are there from now on: a full disk must not kill a host that dies already.
    if (const int error = ::posix_fallocate(file_.get(), 0, page_bytes); error != 0) {
        throw unusable(path_, error);
    }
    void* page = ::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
    if (page == MAP_FAILED) {
        throw unusable(path_, errno);
    }
    page_ = new (page) CrashRecord{};
    page_->size = sizeof(CrashRecord);
    page_->process = static_cast<std::uint32_t>(::getpid());
    page_->home = home;
    set_writable(page_, false);
    if (::rename(draft.c_str(), path_.c_str()) != 0) {
        throw unusable(path_, errno);
    }
}

// The page stays mapped: a handler that would not end may crash yet, and the signal handler with it
// must not.
CrashFile::~CrashFile() {
    end_in_order();
}

void CrashFile::end_in_order() noexcept {
    ::unlink(path_.c_str());
}

void CrashFile::enter(HostPhase phase) noexcept {
    if (set_writable(page_, true)) {
        page_->phase = phase;
        set_writable(page_, false);
    }
}

bool set_writable(CrashRecord* page, bool writable) noexcept {
    return ::mprotect(page, page_bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ) == 0;
}

std::optional<CrashRecord> read_crash_file(const fs::path& file) {
    const FileDescriptor source(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    CrashRecord record;
    const auto got = source ? ::pread(source.get(), &record, sizeof record, 0) : -1;
    const bool complete = got == static_cast<ssize_t>(sizeof record) &&
                          record.magic == CrashRecord::expected_magic &&
                          record.size == sizeof record;
    return complete ? std::optional(record) : std::nullopt;
}

std::vector<CrashLeft> find_crashes(const fs::path& directory) {
    std::vector<CrashLeft> found;
    std::error_code none;
    for (fs::directory_iterator entry(directory, none), end; !none && entry != end;
         entry.increment(none)) {
        if (entry->path().extension() != extension) {
            continue;
        }
        if (const auto record = take(entry->path())) {
            found.push_back({entry->path(), *record});
        }
    }
    std::ranges::sort(found, {}, [](const auto& left) { return left.record.time_s; });
    return found;
}

}  // namespace tenon::plugin_host
