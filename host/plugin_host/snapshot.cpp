#include "plugin_host/snapshot.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tenon::plugin_host {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view directory_prefix = "plugins-";

std::string reason(int error) {
    return std::generic_category().message(error);
}

// SHA-256 of a stream.
class Digest {
public:
    Digest() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
        EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
    }

    void add(std::span<const char> bytes) {
        EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
    }

    std::string hexadecimal() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
        unsigned int size = 0;
        EVP_DigestFinal_ex(context_.get(), bytes.data(), &size);
        std::string text;
        for (unsigned int i = 0; i < size; ++i) {
            text += fmt::format("{:02x}", bytes.at(i));
        }
        return text;
    }

private:
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

Error failure(const fs::path& file, std::string_view action, int error) {
    const auto code = error == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable;
    return Error{code, fmt::format("{} cannot be {}: {}", file.string(), action, reason(error))};
}

bool writable_by_others(const struct stat& status) {
    // A private group, as many systems give each user, is not somebody else.
    const bool by_group = (status.st_mode & S_IWGRP) != 0 && status.st_gid != ::getegid();
    return by_group || (status.st_mode & S_IWOTH) != 0;
}

int write_all(int target, std::span<const char> bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(target, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return errno;
        }
        bytes = bytes.subspan(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return 0;
}

bool same_version(const struct stat& a, const struct stat& b) {
    return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
           a.st_mtim.tv_nsec == b.st_mtim.tv_nsec && a.st_ctim.tv_sec == b.st_ctim.tv_sec &&
           a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

// Copies `source` into `target` and returns the digest of what was copied.
Result<std::string> copy_hashing(const fs::path& file, int source, const fs::path& target) {
    const FileDescriptor copy(
        ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IXUSR)
    );
    if (!copy) {
        return failure(file, "copied to " + target.string(), errno);
    }
    struct stat before{};
    ::fstat(source, &before);
    Digest digest;
    std::vector<char> buffer(std::size_t{256} * 1024);
    off_t copied = 0;
    while (true) {
        const auto size = ::read(source, buffer.data(), buffer.size());
        if (size == 0) {
            break;
        }
        if (size < 0) {
            return failure(file, "read", errno);
        }
        copied += size;
        const std::span<const char> chunk(buffer.data(), static_cast<std::size_t>(size));
        digest.add(chunk);
        if (const int error = write_all(copy.get(), chunk); error != 0) {
            return failure(file, "copied to " + target.string(), error);
        }
    }
    struct stat after{};
    ::fstat(source, &after);
    if (!same_version(before, after) || copied != after.st_size) {
        auto changed =
            about(file, {PluginRule::file_changed, "changed while it was copied", "load it again"});
        changed.code = ErrorCode::unavailable;
        return changed;
    }
    return digest.hexadecimal();
}

Exception unusable(const fs::path& directory, std::string_view why) {
    return Exception(
        {ErrorCode::unavailable,
         fmt::format(
             "plugin snapshot directory {} is unusable: {}; choose another directory",
             directory.string(),
             why
         )}
    );
}

}  // namespace

/// An flock on a directory, which the kernel gives back when the process dies.
class SnapshotDirectory::Lock {
public:
    Lock(const fs::path& directory, int operation)
        : descriptor_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
          held_(descriptor_ && ::flock(descriptor_.get(), operation) == 0) {}

    bool held() const noexcept { return held_; }

private:
    FileDescriptor descriptor_;
    bool held_;
};

Snapshot::Snapshot(fs::path source, fs::path copy, std::string sha256)
    : source_(std::move(source)), copy_(std::move(copy)), sha256_(std::move(sha256)) {}

Snapshot Snapshot::borrow(fs::path source, fs::path copy, std::string sha256) {
    Snapshot snapshot(std::move(source), std::move(copy), std::move(sha256));
    snapshot.owned_ = false;
    return snapshot;
}

Snapshot::Snapshot(Snapshot&& other) noexcept
    : source_(std::move(other.source_)),
      copy_(std::exchange(other.copy_, {})),
      sha256_(std::move(other.sha256_)),
      owned_(other.owned_),
      mapped_(std::exchange(other.mapped_, {})) {}

Snapshot::~Snapshot() {
    if (!mapped_.empty()) {
        ::munmap(const_cast<std::byte*>(mapped_.data()), mapped_.size());
    }
    if (owned_ && !copy_.empty()) {
        std::error_code ignored;
        fs::remove(copy_, ignored);
    }
}

Result<std::span<const std::byte>> Snapshot::bytes() {
    std::error_code problem;
    const auto size = fs::file_size(copy_, problem);
    if (!mapped_.empty() || (!problem && size == 0)) {
        return mapped_;
    }
    const FileDescriptor file(::open(copy_.c_str(), O_RDONLY | O_CLOEXEC));
    if (problem || !file) {
        return failure(copy_, "read", problem ? problem.value() : errno);
    }
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (address == MAP_FAILED) {
        return failure(copy_, "mapped", errno);
    }
    mapped_ = {static_cast<const std::byte*>(address), size};
    return mapped_;
}

SnapshotDirectory::SnapshotDirectory(const fs::path& root) {
    std::error_code problem;
    fs::create_directories(root.parent_path(), problem);
    if (::mkdir(root.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
        throw unusable(root, reason(errno));
    }
    struct stat status{};
    if (::stat(root.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
        throw unusable(root, "it is no directory");
    }
    if (writable_by_others(status)) {
        throw unusable(root, "other users can write to it");
    }
    // Held while the own directory comes into being, so that nobody takes it for an orphan.
    const Lock root_lock(root, LOCK_EX);
    for (const auto& entry : fs::directory_iterator(root, problem)) {
        const bool ours = entry.path().filename().string().starts_with(directory_prefix);
        if (ours && Lock(entry.path(), LOCK_EX | LOCK_NB).held()) {
            fs::remove_all(entry.path(), problem);
        }
    }
    auto name = (fs::absolute(root) / fmt::format("{}XXXXXX", directory_prefix)).string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw unusable(root, reason(errno));
    }
    path_ = name;
    lock_ = std::make_unique<Lock>(path_, LOCK_EX);
}

SnapshotDirectory::~SnapshotDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

Result<Snapshot> SnapshotDirectory::take(const fs::path& file, const FileTrust& trust) {
    const auto source = open_trusted(file, trust);
    if (!source) {
        return source.error();
    }
    return copy(file, *source, file);
}

fs::path SnapshotDirectory::new_path(const fs::path& source) const {
    // The loader gives the old image for a path it has seen before.
    static std::atomic<std::uint64_t> counter{0};
    return path_ / fmt::format("{}-{}.so", source.stem().string(), ++counter);
}

Result<Snapshot> SnapshotDirectory::copy(
    const fs::path& from,
    const FileDescriptor& opened,
    const fs::path& source
) const {
    auto target = new_path(source);
    auto digest = copy_hashing(from, opened.get(), target);
    if (!digest) {
        std::error_code ignored;
        fs::remove(target, ignored);
        return digest.error();
    }
    return Snapshot(source, std::move(target), *std::move(digest));
}

Result<Snapshot> SnapshotDirectory::keep(const Snapshot& snapshot) const {
    auto target = new_path(snapshot.source());
    std::error_code problem;
    fs::create_hard_link(snapshot.copy(), target, problem);
    if (problem) {
        return failure(snapshot.copy(), "kept", problem.value());
    }
    return Snapshot(snapshot.source(), std::move(target), snapshot.sha256());
}

Result<Snapshot> SnapshotDirectory::copy_of(const Snapshot& kept) const {
    const FileDescriptor opened(::open(kept.copy().c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened) {
        return failure(kept.copy(), "read", errno);
    }
    // The other name of the file may go at this moment, which counts as a change of it.
    for (int tries = 1;; ++tries) {
        auto copied = copy(kept.copy(), opened, kept.source());
        if (copied && copied->sha256() != kept.sha256()) {
            return Error{
                ErrorCode::unavailable,
                kept.copy().string() + " is not the build that was kept: deploy that anew"
            };
        }
        if (copied || tries == 3 || ::lseek(opened.get(), 0, SEEK_SET) != 0) {
            return copied;
        }
    }
}

}  // namespace tenon::plugin_host
