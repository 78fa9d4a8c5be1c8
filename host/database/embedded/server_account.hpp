#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tenon::database {

/// The unprivileged user that PostgreSQL runs as when the host itself runs as root.
struct ServerAccount {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;  ///< Supplementary groups, resolved before any fork.
};

/// `postgres` when this process is root, nothing when it may run PostgreSQL itself.
///
/// Throws `unavailable` when this process is root and there is no such user. [setup]
std::optional<ServerAccount> server_account(const std::string& name = "postgres");

/// Gives up root for `account`, for good. Only system calls: safe between fork and exec.
bool drop_privileges(const ServerAccount& account) noexcept;

/// The first directory on the way to `directory` that `account` may not pass, asked of the kernel
/// itself by a child that has dropped its privileges; nothing when the way is open.
std::optional<std::filesystem::path> first_closed_directory(
    const ServerAccount& account,
    const std::filesystem::path& directory
);

}  // namespace tenon::database
