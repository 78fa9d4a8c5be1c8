#include "plugin_host/trust/trusted_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace tenon::plugin_host {
namespace fs = std::filesystem;

namespace {

constexpr int most_directories = 1024;

Error failure(const fs::path& file, std::string_view action, int error) {
    auto sentence = about(
        file,
        {PluginRule::file_unreadable,
         fmt::format("cannot be {}", action),
         std::generic_category().message(error)}
    );
    sentence.code = error == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable;
    return sentence;
}

bool trusts(const FileTrust& trust, uid_t owner) {
    return owner == 0 || owner == ::geteuid() ||
           std::ranges::find(trust.owners, owner) != trust.owners.end();
}

bool writable_by_others(const struct stat& status) {
    // A private group, as many systems give each user, is not somebody else.
    const bool by_group = (status.st_mode & S_IWGRP) != 0 && status.st_gid != ::getegid();
    return by_group || (status.st_mode & S_IWOTH) != 0;
}

std::string where(int directory) {
    std::array<char, 4096> name{};
    const auto link = fmt::format("/proc/self/fd/{}", directory);
    const auto size = ::readlink(link.c_str(), name.data(), name.size());
    return size > 0 ? std::string(name.data(), static_cast<std::size_t>(size)) : "a directory";
}

std::optional<Finding> judge_directory(
    int directory,
    const struct stat& status,
    const FileTrust& trust
) {
    if (!trusts(trust, status.st_uid)) {
        return Finding{
            PluginRule::directory_owner,
            fmt::format("lies in {}, which belongs to user {}", where(directory), status.st_uid),
            "move it to a directory of root or of the host's user, or trust that user with "
            "--plugin-owners"
        };
    }
    // In a sticky directory, such as /tmp, nobody can replace what belongs to somebody else.
    if (writable_by_others(status) && (status.st_mode & S_ISVTX) == 0) {
        return Finding{
            PluginRule::directory_writable,
            fmt::format("lies in a directory that others can write to, {}", where(directory)),
            "run chmod go-w on the directory"
        };
    }
    return std::nullopt;
}

// By descriptors all the way up, so that no name is looked up twice.
std::optional<Finding> judge_directories(int first, const FileTrust& trust) {
    FileDescriptor directory(::openat(first, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct stat below{};
    for (int level = 0; level < most_directories; ++level) {
        struct stat status{};
        if (!directory || ::fstat(directory.get(), &status) != 0) {
            return Finding{
                PluginRule::file_unreadable,
                "lies below a directory that cannot be read",
                std::generic_category().message(errno)
            };
        }
        if (level > 0 && status.st_ino == below.st_ino && status.st_dev == below.st_dev) {
            break;  // The root is its own parent.
        }
        if (auto finding = judge_directory(directory.get(), status, trust)) {
            return finding;
        }
        below = status;
        directory =
            FileDescriptor(::openat(directory.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    }
    return std::nullopt;
}

std::optional<Finding> judge_kind(const struct stat& status, std::uint64_t max_bytes) {
    if (!S_ISREG(status.st_mode)) {
        return Finding{PluginRule::file_not_regular, "is no regular file", "name the .so itself"};
    }
    if (static_cast<std::uint64_t>(status.st_size) > max_bytes) {
        return Finding{
            PluginRule::file_too_large,
            fmt::format("has {} bytes, more than the {} it may have", status.st_size, max_bytes),
            "strip it, or raise the limit with --plugin-max-mib"
        };
    }
    return std::nullopt;
}

std::optional<Finding> judge_owner(const struct stat& status, const FileTrust& trust) {
    if (!trusts(trust, status.st_uid)) {
        return Finding{
            PluginRule::file_owner,
            fmt::format(
                "belongs to user {}, but this host trusts only root and its own user {}",
                status.st_uid,
                ::geteuid()
            ),
            "run chown, or trust that user with --plugin-owners"
        };
    }
    if (writable_by_others(status)) {
        return Finding{
            PluginRule::file_writable, "can be written by other users", "run chmod go-w on it"
        };
    }
    return std::nullopt;
}

}  // namespace

FileDescriptor::~FileDescriptor() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

Error about(const fs::path& file, const Finding& finding) {
    auto error = to_error(finding);
    error.detail = fmt::format("{} {}", file.string(), error.detail);
    return error;
}

Result<OpenFile> open_regular(const fs::path& file, std::uint64_t max_bytes) {
    const auto folder = fs::absolute(file).parent_path();
    FileDescriptor directory(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory) {
        return failure(file, "opened", errno);
    }
    // O_NONBLOCK, because opening a FIFO waits for its writer otherwise.
    constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    FileDescriptor source(::openat(directory.get(), file.filename().c_str(), flags));
    if (!source) {
        const int error = errno;
        if (error == ELOOP) {
            return about(
                file,
                {PluginRule::file_symbolic_link, "is a symbolic link", "name the file it points to"}
            );
        }
        return failure(file, "opened", error);
    }
    struct stat status{};
    if (::fstat(source.get(), &status) != 0) {
        return failure(file, "read", errno);
    }
    if (const auto finding = judge_kind(status, max_bytes)) {
        return about(file, *finding);
    }
    return OpenFile{std::move(source), std::move(directory)};
}

std::optional<Finding> judge_access(const OpenFile& opened, const FileTrust& trust) {
    struct stat status{};
    ::fstat(opened.file.get(), &status);
    if (auto finding = judge_owner(status, trust)) {
        return finding;
    }
    return judge_directories(opened.directory.get(), trust);
}

Result<FileDescriptor> open_trusted(const fs::path& file, const FileTrust& trust) {
    auto opened = open_regular(file, trust.max_bytes);
    if (!opened) {
        return opened.error();
    }
    if (const auto finding = judge_access(*opened, trust)) {
        return about(file, *finding);
    }
    return std::move(opened->file);
}

Result<std::string> read_all(
    const fs::path& file,
    const FileDescriptor& source,
    std::uint64_t max_bytes
) {
    std::string text;
    std::array<char, 16384> buffer{};
    while (true) {
        const auto size = ::read(source.get(), buffer.data(), buffer.size());
        if (size < 0) {
            return failure(file, "read", errno);
        }
        if (size == 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(size));
        if (text.size() > max_bytes) {
            return about(file, {PluginRule::file_changed, "grew while it was read", "try again"});
        }
    }
}

Result<std::string> read_trusted(const fs::path& file, const FileTrust& trust) {
    const auto source = open_trusted(file, trust);
    return source ? read_all(file, *source, trust.max_bytes) : source.error();
}

}  // namespace tenon::plugin_host
