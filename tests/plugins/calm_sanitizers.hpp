#pragma once

#include <stdlib.h>

namespace tenon::testing {

/// Memory that a sanitizer keeps for itself makes a process look as if it leaked.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
inline constexpr bool sanitized = __has_feature(address_sanitizer);
#else
inline constexpr bool sanitized = false;
#endif

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
