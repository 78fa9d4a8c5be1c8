#pragma once

#include "database/embedded/child_process.hpp"
#include "database/embedded/data_directory.hpp"
#include "database/embedded/server_binaries.hpp"
#include "database/embedded/server_settings.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace tenon::database {

/// What a server needs to start on a data directory. [setup]
class Cluster {
public:
    Cluster(
        const DataDirectory& directory,
        ServerBinaries binaries,
        std::optional<ServerAccount> account
    );

    /// Runs initdb into a draft and publishes it: a kill at any instant leaves no half cluster.
    void create() const;

    /// Writes the generated configuration: our defaults, then `extra`, then the operator's file.
    void configure(const std::vector<ServerSetting>& extra) const;

    /// The server's command line. The socket is not open to configuration: it is the only door.
    ChildCommand server_command(const std::filesystem::path& socket_directory, int log) const;

    /// Opens the server's log for appending, after putting a large old one aside.
    int open_log() const;

    /// What the server last complained about, for error messages.
    std::string last_complaint() const;

private:
    bool supports_lz4() const;

    const DataDirectory& directory_;
    ServerBinaries binaries_;
    std::optional<ServerAccount> account_;
};

/// The last line of `output` that reports a failure, else its last line.
std::string complaint_in(std::string_view output);

}  // namespace tenon::database
