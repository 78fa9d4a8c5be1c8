#pragma once

#include "database/embedded/server_account.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace tenon::database {

/// A data directory held for this host alone, from construction to destruction. [setup]
///
///     host.lock       flock(2) of the host that owns the directory, with its pid
///     cluster/        the PostgreSQL cluster; appears by one rename, complete or not at all
///     postgresql.conf generated at every start; operator.conf beside it has the last word
///     postgresql.log  what the server says, rotated at start
///     run/            the socket, when its path is short enough
class DataDirectory {
public:
    /// Creates what is missing and takes the lock. Throws `unavailable` when the directory cannot
    /// be written or reached by `account`, `conflict` when another host holds it.
    DataDirectory(const std::filesystem::path& root, const std::optional<ServerAccount>& account);
    ~DataDirectory();
    DataDirectory(const DataDirectory&) = delete;
    DataDirectory& operator=(const DataDirectory&) = delete;

    const std::filesystem::path& root() const noexcept { return root_; }

    std::filesystem::path cluster() const { return root_ / "cluster"; }

    std::filesystem::path settings_file() const { return root_ / "postgresql.conf"; }

    std::filesystem::path operator_file() const { return root_ / "operator.conf"; }

    std::filesystem::path log_file() const { return root_ / "postgresql.log"; }

    /// The major version of the cluster, nothing when there is no cluster yet.
    std::optional<int> cluster_version() const;

    /// A fresh private directory beside `cluster()`, for initdb; leftovers of earlier ones go.
    std::filesystem::path make_draft() const;

    /// Makes a finished draft the cluster, durably, by one rename.
    void publish(const std::filesystem::path& draft) const;

    /// A private directory (0700) whose socket path fits into the 107 bytes of sockaddr_un, empty
    /// of what a killed server left there.
    std::filesystem::path make_socket_directory() const;

private:
    void take_lock();
    void give_to_server(const std::filesystem::path& path) const;

    std::filesystem::path root_;
    std::optional<ServerAccount> account_;
    int lock_ = -1;
};

/// The first of the candidates for a socket directory whose socket path is short enough: the data
/// directory's own, one under XDG_RUNTIME_DIR, one under /tmp named by a hash of the directory.
std::filesystem::path choose_socket_directory(
    const std::filesystem::path& data_directory,
    const std::filesystem::path& runtime_directory
);

}  // namespace tenon::database
