#include "database/embedded/server_account.hpp"

#include "foundation/error.hpp"

#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tenon::database {

std::optional<ServerAccount> server_account(const std::string& name) {
    if (geteuid() != 0) {
        return std::nullopt;
    }
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (found == nullptr) {
        throw Exception(
            {ErrorCode::unavailable,
             fmt::format(
                 "PostgreSQL refuses to run as root and there is no user {} to run it as; install "
                 "the package postgresql-15, start tenon as an ordinary user, or give it a "
                 "database URL",
                 name
             )}
        );
    }
    ServerAccount account{name, entry.pw_uid, entry.pw_gid, std::vector<gid_t>(64)};
    int count = static_cast<int>(account.groups.size());
    getgrouplist(name.c_str(), entry.pw_gid, account.groups.data(), &count);
    account.groups.resize(static_cast<std::size_t>(std::min(count, 64)));
    return account;
}

bool drop_privileges(const ServerAccount& account) noexcept {
    return setgroups(account.groups.size(), account.groups.data()) == 0 &&
           setgid(account.gid) == 0 && setuid(account.uid) == 0;
}

std::optional<std::filesystem::path> first_closed_directory(
    const ServerAccount& account,
    const std::filesystem::path& directory
) {
    std::vector<std::filesystem::path> way;
    std::filesystem::path prefix;
    for (const auto& part : directory) {
        prefix /= part;
        way.push_back(prefix);
    }
    const pid_t child = fork();
    if (child == 0) {
        if (!drop_privileges(account)) {
            _exit(0);
        }
        int index = 0;
        for (const auto& step : way) {
            ++index;
            if (access(step.c_str(), X_OK) != 0) {
                _exit(index);
            }
        }
        _exit(0);
    }
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    const auto closed = WIFEXITED(status) ? static_cast<std::size_t>(WEXITSTATUS(status)) : 0;
    return closed == 0 || closed > way.size() ? std::nullopt : std::optional(way[closed - 1]);
}

}  // namespace tenon::database
