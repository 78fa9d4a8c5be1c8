#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tenon::app {

/// Whom a host's HTTP lets in, and what it grants them. [docs/security.md]
struct SecurityOptions {
    std::filesystem::path jwt_keys;  ///< A public key as PEM, or a JWKS; empty: no tokens.
    std::string jwt_issuer;
    std::string jwt_audience;
    bool api_keys = false;              ///< Whether keys of `tenon key` open it.
    bool unauthenticated = false;       ///< Whether it may be open to other machines.
    std::filesystem::path certificate;  ///< Empty: HTTP in the clear.
    std::filesystem::path private_key;
    std::vector<std::string> cors_origins;
    double requests_per_second = 0;  ///< Of one caller; 0: no limit.
    std::uint64_t body_kib = 1024;
    std::size_t connections = 1024;

    bool authenticates() const noexcept { return api_keys || !jwt_keys.empty(); }
};

}  // namespace tenon::app
