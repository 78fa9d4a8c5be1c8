#pragma once

#include "plugin_host/crash/alternate_stack.hpp"
#include "plugin_host/crash/crash_file.hpp"

#include <string>

namespace tenon::plugin_host {

/// Sees to it that a crash of this process is written into its crash file, by a handler of SIGSEGV,
/// SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP and SIGSYS that takes no lock and no memory; then the
/// signal does what it would have done, so that exit status and core are true. An exit() that
/// nobody but a plugin can have called is written down as well, and ends the process at once.
/// One at a time in a process, from its main thread. [setup]
class CrashWatch {
public:
    /// `file` outlives the process's last thread, or at least this.
    explicit CrashWatch(CrashFile& file);

    /// From now on exit() is the host's own.
    ~CrashWatch();

    CrashWatch(const CrashWatch&) = delete;
    CrashWatch& operator=(const CrashWatch&) = delete;

    /// The signals of which somebody else has taken the handler, "SIGSEGV, SIGBUS"; empty: none, or
    /// nobody watches. [any-thread]
    static std::string taken_signals();

private:
    AlternateStack stack_;
};

}  // namespace tenon::plugin_host
