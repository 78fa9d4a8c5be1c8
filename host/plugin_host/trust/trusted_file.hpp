#pragma once

#include "foundation/result.hpp"
#include "plugin_host/inspection/plugin_rule.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace tenon::plugin_host {

/// An open descriptor that closes itself. Move-only.
class FileDescriptor {
public:
    explicit FileDescriptor(int descriptor = -1) noexcept : descriptor_(descriptor) {}

    FileDescriptor(FileDescriptor&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)) {}

    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }

    ~FileDescriptor();

    int get() const noexcept { return descriptor_; }

    /// Closes it now.
    void reset() noexcept { *this = FileDescriptor(); }

    explicit operator bool() const noexcept { return descriptor_ >= 0; }

private:
    int descriptor_;
};

/// Whose files this host believes, besides those of root and of its own user, and how large they
/// may be.
struct FileTrust {
    std::vector<uid_t> owners = {};
    std::uint64_t max_bytes = std::uint64_t{256} * 1024 * 1024;
};

/// A finding about `file` as an error: one sentence that begins with the file's name.
Error about(const std::filesystem::path& file, const Finding& finding);

/// A regular file and the directory that it was opened in.
struct OpenFile {
    FileDescriptor file;
    FileDescriptor directory;
};

/// Opens `file` for reading, without following a link and without waiting, whoever put it there.
/// Refuses what is no regular file or is too large. The error is a whole sentence.
Result<OpenFile> open_regular(const std::filesystem::path& file, std::uint64_t max_bytes);

/// Why `opened` could have been put there by somebody who is not trusted, or nothing: the owner
/// and mode of the file and of every directory above it count.
std::optional<Finding> judge_access(const OpenFile& opened, const FileTrust& trust);

/// Both: a descriptor of `file` if all of it is as it should be.
Result<FileDescriptor> open_trusted(const std::filesystem::path& file, const FileTrust& trust);

/// Everything that `source`, the opened `file`, holds.
Result<std::string> read_all(
    const std::filesystem::path& file,
    const FileDescriptor& source,
    std::uint64_t max_bytes
);

/// The bytes of `file`, opened in this way.
Result<std::string> read_trusted(const std::filesystem::path& file, const FileTrust& trust);

}  // namespace tenon::plugin_host
