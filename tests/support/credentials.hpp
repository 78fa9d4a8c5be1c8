#pragma once

#include <memory>
#include <string>
#include <string_view>

using EVP_PKEY = struct evp_pkey_st;

namespace tenon::testing {

/// A pair of keys that signs tokens and certificates as an identity provider would: RSA of `bits`
/// bits, or EC on the curve P-256.
class SigningKey {
public:
    static SigningKey rsa(unsigned bits = 2048);
    static SigningKey ec();

    std::string public_pem() const;
    std::string private_pem() const;

    /// The public key as one member of a JWKS.
    std::string jwk(std::string_view id) const;

    /// A JWT with this header and these claims, both JSON, signed whatever the header says.
    std::string token(std::string_view header, std::string_view claims) const;

    /// A JWT with the header that fits the key.
    std::string token(std::string_view claims) const;

    /// The certificate of this key for 127.0.0.1 and localhost, signed by itself. Always the same.
    std::string certificate() const;

private:
    SigningKey(std::shared_ptr<EVP_PKEY> key, bool is_rsa) : key_(std::move(key)), rsa_(is_rsa) {}

    std::string number(const char* name) const;
    std::string sign(std::string_view message) const;

    std::shared_ptr<EVP_PKEY> key_;
    bool rsa_;
    mutable std::string certificate_;
};

/// A JWT signed with HMAC-SHA256, as somebody forges it who knows a public key and hopes that it is
/// taken for a secret.
std::string hmac_token(std::string_view secret, std::string_view claims);

}  // namespace tenon::testing
