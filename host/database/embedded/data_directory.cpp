#include "database/embedded/data_directory.hpp"

#include "database/embedded/process_table.hpp"
#include "database/embedded_server.hpp"
#include "foundation/error.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace tenon::database {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t socket_path_max = 107;  // sun_path of sockaddr_un, less its NUL
constexpr std::string_view socket_file = "/.s.PGSQL.5432";
constexpr auto dying_owner_limit = 2s;

fs::path environment_path(const char* name) {
    // Read at start-up, before anything could change the environment.
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr || value[0] != '/' ? fs::path() : fs::path(value);
}

fs::path home_directory() {
    if (const auto home = environment_path("HOME"); !home.empty()) {
        return home;
    }
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found);
    return found == nullptr ? fs::path("/") : fs::path(found->pw_dir);
}

Exception unusable(const fs::path& directory, std::string_view problem, int error) {
    return Exception(
        {ErrorCode::unavailable,
         fmt::format(
             "data directory {} {}: {}; choose a writable one with --data-dir",
             directory.string(),
             problem,
             std::generic_category().message(error)
         )}
    );
}

void refuse_closed_way(const ServerAccount& account, const fs::path& root) {
    if (const auto closed = first_closed_directory(account, root)) {
        throw Exception(
            {ErrorCode::unavailable,
             fmt::format(
                 "data directory {} cannot be reached by the user {}, which PostgreSQL runs as "
                 "because it refuses root: {} is closed to it; choose another one with --data-dir, "
                 "such as /var/lib/tenon, or start tenon as an ordinary user",
                 root.string(),
                 account.name,
                 closed->string()
             )}
        );
    }
}

pid_t recorded_owner(int lock) {
    std::array<char, 32> text{};
    const auto size = pread(lock, text.data(), text.size() - 1, 0);
    return size > 0 ? static_cast<pid_t>(std::strtol(text.data(), nullptr, 10)) : 0;
}

void sync_directory(const fs::path& directory) {
    const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
}

/// Refuses a directory that somebody else prepared under the name we were going to use.
void check_private(const fs::path& directory, uid_t owner) {
    struct stat info{};
    const bool ours = lstat(directory.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
                      info.st_uid == owner && (info.st_mode & 0077) == 0;
    if (!ours) {
        throw Exception(
            {ErrorCode::unavailable,
             fmt::format(
                 "socket directory {} is not a private directory of user id {}; remove it",
                 directory.string(),
                 owner
             )}
        );
    }
}

}  // namespace

fs::path default_data_directory() {
    if (geteuid() == 0) {
        return "/var/lib/tenon";
    }
    if (const auto data_home = environment_path("XDG_DATA_HOME"); !data_home.empty()) {
        return data_home / "tenon";
    }
    return home_directory() / ".local/share/tenon";
}

DataDirectory::DataDirectory(const fs::path& root, const std::optional<ServerAccount>& account)
    : root_(fs::absolute(root).lexically_normal()), account_(account) {
    std::error_code error;
    fs::create_directories(root_, error);
    if (error) {
        throw unusable(root_, "cannot be created", error.value());
    }
    root_ = fs::canonical(root_);
    if (account_) {
        refuse_closed_way(*account_, root_);
    }
    take_lock();
}

DataDirectory::~DataDirectory() {
    if (lock_ >= 0) {
        close(lock_);
    }
}

void DataDirectory::take_lock() {
    const auto path = root_ / "host.lock";
    const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock < 0) {
        throw unusable(root_, "cannot be written", errno);
    }
    const auto until = std::chrono::steady_clock::now() + dying_owner_limit;
    while (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        // A host that was killed a moment ago may not have left the lock yet.
        const pid_t owner = recorded_owner(lock);
        if (is_running(owner) || std::chrono::steady_clock::now() > until) {
            close(lock);
            throw Exception(
                {ErrorCode::conflict,
                 fmt::format(
                     "data directory {} is in use by another tenon host (pid {}); stop that one, "
                     "or choose another directory with --data-dir",
                     root_.string(),
                     owner
                 )}
            );
        }
        std::this_thread::sleep_for(10ms);
    }
    lock_ = lock;
    const auto pid = fmt::format("{}\n", getpid());
    if (ftruncate(lock_, 0) != 0 || pwrite(lock_, pid.data(), pid.size(), 0) < 0) {
        const int error = errno;
        close(lock_);
        throw unusable(root_, "cannot be written", error);
    }
}

std::optional<int> DataDirectory::cluster_version() const {
    std::ifstream file(cluster() / "PG_VERSION");
    int version = 0;
    return file >> version ? std::optional(version) : std::nullopt;
}

fs::path DataDirectory::make_draft() const {
    for (const auto& entry : fs::directory_iterator(root_)) {
        if (entry.path().filename().string().starts_with("draft.")) {
            fs::remove_all(entry.path());
        }
    }
    auto name = (root_ / "draft.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        throw unusable(root_, "cannot be written", errno);
    }
    give_to_server(name);
    return name;
}

void DataDirectory::publish(const fs::path& draft) const {
    fs::rename(draft, cluster());
    sync_directory(root_);
}

fs::path DataDirectory::make_socket_directory() const {
    const auto directory =
        choose_socket_directory(root_, account_ ? fs::path() : environment_path("XDG_RUNTIME_DIR"));
    if (mkdir(directory.c_str(), 0700) == 0) {
        give_to_server(directory);
    } else if (errno != EEXIST) {
        throw unusable(directory, "cannot be created for the socket", errno);
    }
    check_private(directory, account_ ? account_->uid : geteuid());
    // Left by a server that was killed: PostgreSQL would judge it by a pid that may be anyone's.
    const auto socket = directory.string() + std::string(socket_file);
    unlink((socket + ".lock").c_str());
    unlink(socket.c_str());
    return directory;
}

void DataDirectory::give_to_server(const fs::path& path) const {
    if (account_ && chown(path.c_str(), account_->uid, account_->gid) != 0) {
        throw unusable(path, fmt::format("cannot be given to user {}", account_->name), errno);
    }
}

fs::path choose_socket_directory(
    const fs::path& data_directory,
    const fs::path& runtime_directory
) {
    const auto hash =
        fmt::format("tenon-{:016x}", std::hash<std::string>{}(data_directory.string()));
    const auto fits = [](const fs::path& directory) {
        const auto text = directory.string();
        // A comma would make it a list of hosts to libpq.
        return text.size() + socket_file.size() <= socket_path_max &&
               text.find(',') == std::string::npos;
    };
    if (fits(data_directory / "run")) {
        return data_directory / "run";
    }
    if (!runtime_directory.empty() && fits(runtime_directory / hash)) {
        return runtime_directory / hash;
    }
    return fs::path("/tmp") / hash;
}

}  // namespace tenon::database
