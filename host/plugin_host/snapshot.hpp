#pragma once

#include "foundation/result.hpp"
#include "plugin_host/trust/trusted_file.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace tenon::plugin_host {

/// A private copy of a plugin's file, which is what gets inspected and loaded: nobody can change
/// it while it runs. The copy disappears with this object. Move-only.
class Snapshot {
public:
    Snapshot(std::filesystem::path source, std::filesystem::path copy, std::string sha256);

    /// A copy that another process keeps, and removes.
    static Snapshot borrow(
        std::filesystem::path source,
        std::filesystem::path copy,
        std::string sha256
    );

    Snapshot(Snapshot&& other) noexcept;
    Snapshot& operator=(Snapshot&&) = delete;
    ~Snapshot();

    /// The file that was asked for.
    const std::filesystem::path& source() const noexcept { return source_; }

    /// The copy: absolute, and never the path of another snapshot of this process.
    const std::filesystem::path& copy() const noexcept { return copy_; }

    /// 64 hexadecimal digits, of exactly the bytes in the copy.
    const std::string& sha256() const noexcept { return sha256_; }

    /// The copy's bytes, mapped until the snapshot goes.
    Result<std::span<const std::byte>> bytes();

private:
    std::filesystem::path source_;
    std::filesystem::path copy_;
    std::string sha256_;
    bool owned_ = true;
    std::span<const std::byte> mapped_;
};

/// This process's private place for snapshots, inside a root that several hosts may share.
///
/// The directory is locked while the process lives, so that the next host to start can tell what
/// a killed one left behind, and removes it. [setup]; `take` is [any-thread].
class SnapshotDirectory {
public:
    /// Creates `root` (mode 0700) if need be and a fresh directory in it. Throws
    /// Exception(unavailable) when it cannot, or when others may write there.
    explicit SnapshotDirectory(const std::filesystem::path& root);
    SnapshotDirectory(const SnapshotDirectory&) = delete;
    SnapshotDirectory& operator=(const SnapshotDirectory&) = delete;
    ~SnapshotDirectory();

    const std::filesystem::path& path() const noexcept { return path_; }

    /// Copies `file`, opened as `open_trusted` does, while hashing it. Refuses one that changes
    /// under the copy. The error is a whole sentence.
    Result<Snapshot> take(const std::filesystem::path& file, const FileTrust& trust);

    /// Keeps the bytes of `snapshot` beyond its own life, at no cost. To be copied, not loaded: the
    /// loader would take it for the file that it knows.
    Result<Snapshot> keep(const Snapshot& snapshot) const;

    /// A fresh copy of a snapshot that was kept, to be loaded. Fails when its bytes changed.
    Result<Snapshot> copy_of(const Snapshot& kept) const;

private:
    class Lock;

    std::filesystem::path new_path(const std::filesystem::path& source) const;
    Result<Snapshot> copy(
        const std::filesystem::path& from,
        const FileDescriptor& opened,
        const std::filesystem::path& source
    ) const;

    std::filesystem::path path_;
    std::unique_ptr<Lock> lock_;
};

}  // namespace tenon::plugin_host
