#pragma once

#include "foundation/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// OpenSSL's own name for a key.
using EVP_PKEY = struct evp_pkey_st;

namespace tenon {

/// How a token may be signed. Nothing symmetric, and never `none`.
enum class TokenAlgorithm : std::uint8_t { rs256, es256 };

std::string_view to_string(TokenAlgorithm algorithm) noexcept;

/// A public key that signs with one algorithm only, which the kind of the key decides and never the
/// token: this is what makes a confusion of algorithms impossible.
struct TokenKey {
    std::string id;  ///< `kid` of a JWKS; empty for a PEM file.
    TokenAlgorithm algorithm;
    std::shared_ptr<EVP_PKEY> key;
};

/// The keys in a file: one public key as PEM, or a JWKS (RFC 7517). RSA keys have at least 2048
/// bits, EC keys are of P-256; keys of a JWKS for other uses are left out. The error is a sentence
/// without the path.
Result<std::vector<TokenKey>> parse_token_keys(std::string_view text);

/// As `parse_token_keys`; the error names the file. [pool]
Result<std::vector<TokenKey>> read_token_keys(const std::filesystem::path& file);

/// Whether `signature` is that of `key` over `message`, in the form that JWS gives it: for ES256
/// the two numbers side by side. [any-thread]
bool verify_signature(const TokenKey& key, std::string_view message, std::string_view signature);

}  // namespace tenon
