#pragma once

#include <stdlib.h>

namespace tenon::testing {

/// Lets guests crash in scout processes as they would without sanitizers, which turn signals into
/// reports and exit codes, and leaks into failures. For processes that are started from now on.
inline void calm_sanitizers() {
    ::setenv(
        "ASAN_OPTIONS",
        "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_abort=0:use_sigaltstack=0:"
        "detect_leaks=0:quarantine_size_mb=1",
        1
    );
}

}  // namespace tenon::testing
