#pragma once

#include "foundation/result.hpp"
#include "plugin_host/snapshot.hpp"
#include "plugin_host/trust/trusted_file.hpp"

#include <filesystem>

namespace tenon::plugin_host {

/// What a file must show before anything of it runs.
struct TrustPolicy {
    FileTrust files = {};
    /// Lines of SHA-256 and file name, as sha256sum writes them; `#` begins a comment. Empty: any.
    std::filesystem::path allow_list = {};
    /// A directory of public keys; `FILE.sig` must then hold a signature by one of them. Empty:
    /// none is asked for.
    std::filesystem::path keys = {};
};

/// Whether the allow-list and the keys of `policy` can be used; asked at the start, so that a host
/// does not find out with the first plugin.
Result<void> check_policy(const TrustPolicy& policy);

/// Whether the copied bytes are allowed and signed as `policy` asks. List and keys are read anew
/// each time. The error is a whole sentence.
Result<void> authorise(Snapshot& snapshot, const TrustPolicy& policy);

}  // namespace tenon::plugin_host
