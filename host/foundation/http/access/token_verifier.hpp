#pragma once

#include "foundation/http/access/caller.hpp"
#include "foundation/http/access/token_keys.hpp"
#include "foundation/result.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

/// Verifies bearer tokens: JWTs (RFC 7519) signed with RS256 or ES256 by keys of a file, which is
/// read again when it changed. [any-thread]
class TokenVerifier {
public:
    using Clock = std::chrono::system_clock;

    struct Options {
        std::filesystem::path key_file;
        std::string issuer;               ///< What `iss` must be.
        std::string audience;             ///< What `aud` must be, or have among others.
        std::chrono::seconds leeway{30};  ///< For clocks that differ.
        std::chrono::milliseconds look_again{5000
        };  ///< How often to look whether the file changed.
        std::function<Clock::time_point()> now = &Clock::now;
    };

    /// Throws ErrorCode::invalid_input when the file has no usable keys.
    explicit TokenVerifier(Options options);

    /// Who the token speaks for. `permissions` of the token become grants; names among them that
    /// are unknown grant nothing. The error says what is wrong, without a part of the token.
    Result<Caller> verify(std::string_view token);

private:
    using Keys = std::shared_ptr<const std::vector<TokenKey>>;

    Keys keys();
    Result<void> check_claims(const class JsonSlice& claims) const;

    const Options options_;
    std::mutex mutex_;  // The event loop's threads verify, and one of them reads the file anew.
    Keys keys_;
    std::filesystem::file_time_type written_;
    std::chrono::steady_clock::time_point looked_;
};

}  // namespace tenon
