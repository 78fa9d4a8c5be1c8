#pragma once

#include "database/embedded/server_account.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tenon::database {

/// What to start: one PostgreSQL program, its arguments and how it is bound to us.
struct ChildCommand {
    std::filesystem::path program;
    std::vector<std::string> arguments;    ///< Without the program's name.
    std::optional<ServerAccount> account;  ///< Whom to become; nothing keeps our user.
    int death_signal = 0;                  ///< Sent by the kernel when the forking THREAD ends.
    int output = -1;                       ///< Descriptor for stdout and stderr.
};

/// Forks and executes `command` in a session of its own, with a clean signal mask, a minimal
/// environment, `/` as working directory and no descriptor of ours but stdin (empty) and output.
///
/// The session keeps a terminal's Ctrl-C for the host alone, which then stops the child in order.
/// Returns the child's id, which the caller must reap. Throws `unavailable` when fork fails.
pid_t spawn(const ChildCommand& command);

struct ChildResult {
    int exit_code = 0;   ///< 128 + signal when a signal ended it.
    std::string output;  ///< stdout and stderr, the last 16 KiB.
};

/// Runs `command` to its end and collects its output. It is killed if this process dies.
ChildResult run_to_end(ChildCommand command);

}  // namespace tenon::database
