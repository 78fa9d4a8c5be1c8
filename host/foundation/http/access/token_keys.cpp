#include "foundation/http/access/token_keys.hpp"

#include "foundation/http/access/base64url.hpp"
#include "foundation/json_slice.hpp"

#include <array>
#include <cstddef>
#include <fstream>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <sstream>

namespace tenon {

namespace {

constexpr int rsa_bits_min = 2048;
constexpr std::size_t key_file_bytes_max = std::size_t{1024} * 1024;
constexpr std::size_t p256_bytes = 32;

template <class T, void (*release)(T*)>
struct Release {
    void operator()(T* object) const { release(object); }
};

using Bignum = std::unique_ptr<BIGNUM, Release<BIGNUM, BN_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Release<OSSL_PARAM, OSSL_PARAM_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Release<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX, EVP_MD_CTX_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG, ECDSA_SIG_free>>;

Error refusal(std::string why) {
    return {ErrorCode::invalid_input, std::move(why)};
}

const unsigned char* unsigned_bytes(std::string_view bytes) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL's own idiom.
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

Bignum number(std::string_view bytes) {
    return Bignum(BN_bin2bn(unsigned_bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

/// Decides what the key signs with; refuses what is too weak or of another kind.
Result<TokenKey> checked(std::string id, std::shared_ptr<EVP_PKEY> key) {
    if (EVP_PKEY_is_a(key.get(), "RSA") == 1) {
        if (EVP_PKEY_get_bits(key.get()) < rsa_bits_min) {
            return refusal("an RSA key has fewer than 2048 bits; make a longer one");
        }
        return TokenKey{std::move(id), TokenAlgorithm::rs256, std::move(key)};
    }
    std::array<char, 64> group{};
    std::size_t length = 0;
    if (EVP_PKEY_is_a(key.get(), "EC") == 1 &&
        EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), &length) == 1 &&
        std::string_view(group.data(), length) == "prime256v1") {
        return TokenKey{std::move(id), TokenAlgorithm::es256, std::move(key)};
    }
    return refusal("a key is neither RSA (for RS256) nor EC on the curve P-256 (for ES256)");
}

Result<std::shared_ptr<EVP_PKEY>> key_of(const char* kind, OSSL_PARAM_BLD* builder) {
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
        return refusal("a key of the JWKS does not describe a public key");
    }
    return std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free);
}

std::string text_member(const JsonSlice& object, std::string_view name) {
    const auto member = object.find(name);
    return member ? member->string().value_or("") : "";
}

/// Empty when there is no such member or it is not base64url.
std::string bytes_member(const JsonSlice& object, std::string_view name) {
    return base64url_decode(text_member(object, name)).value_or("");
}

Result<std::shared_ptr<EVP_PKEY>> rsa_key(const JsonSlice& object) {
    const auto modulus = number(bytes_member(object, "n"));
    const auto exponent = number(bytes_member(object, "e"));
    const Builder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
    return key_of("RSA", builder.get());
}

Result<std::shared_ptr<EVP_PKEY>> ec_key(const JsonSlice& object) {
    const auto x = bytes_member(object, "x");
    const auto y = bytes_member(object, "y");
    if (text_member(object, "crv") != "P-256" || x.size() != p256_bytes || y.size() != p256_bytes) {
        return refusal("an EC key of the JWKS is not a point of the curve P-256");
    }
    const auto point = "\x04" + x + y;  // Uncompressed.
    const Builder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(
        builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()
    );
    return key_of("EC", builder.get());
}

/// False for keys that are for something else than to verify a token's signature.
bool verifies_tokens(const JsonSlice& object) {
    const auto kind = text_member(object, "kty");
    const auto use = text_member(object, "use");
    const auto algorithm = text_member(object, "alg");
    const std::string_view usual = kind == "RSA" ? "RS256" : "ES256";
    return (kind == "RSA" || kind == "EC") && (use.empty() || use == "sig") &&
           (algorithm.empty() || algorithm == usual);
}

Result<std::vector<TokenKey>> parse_jwks(std::string_view text) {
    const auto document = JsonSlice::parse(text, {.max_bytes = key_file_bytes_max});
    if (!document) {
        return refusal("it is no JSON: " + document.error().detail);
    }
    const auto list = document->find("keys");
    std::vector<TokenKey> keys;
    for (const auto& object : list ? list->elements() : std::vector<JsonSlice>{}) {
        if (!verifies_tokens(object)) {
            continue;
        }
        const auto key = text_member(object, "kty") == "RSA" ? rsa_key(object) : ec_key(object);
        if (!key) {
            return key.error();
        }
        auto usable = checked(text_member(object, "kid"), *key);
        if (!usable) {
            return usable.error();
        }
        keys.push_back(*std::move(usable));
    }
    if (keys.empty()) {
        return refusal("the JWKS has no RSA or EC key for signatures in its member \"keys\"");
    }
    return keys;
}

Result<std::vector<TokenKey>> parse_pem(std::string_view text) {
    if (text.find("PRIVATE KEY") != std::string_view::npos) {
        return refusal("it holds a private key; a host needs the public one alone");
    }
    const std::unique_ptr<BIO, Release<BIO, BIO_free_all>> source(
        BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))
    );
    const std::shared_ptr<EVP_PKEY> key(
        PEM_read_bio_PUBKEY(source.get(), nullptr, nullptr, nullptr), EVP_PKEY_free
    );
    if (!key) {
        return refusal("it is neither a public key as PEM (BEGIN PUBLIC KEY) nor a JWKS");
    }
    auto usable = checked("", key);
    return usable ? Result<std::vector<TokenKey>>({*std::move(usable)}) : usable.error();
}

/// JWS has the two numbers of an ECDSA signature side by side, OpenSSL wants them in DER.
std::string der_of(std::string_view signature) {
    if (signature.size() != 2 * p256_bytes) {
        return {};
    }
    auto r = number(signature.substr(0, p256_bytes));
    auto s = number(signature.substr(p256_bytes));
    const EcSignature pair(ECDSA_SIG_new());
    if (!pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) {
        return {};
    }
    static_cast<void>(r.release());  // They belong to the pair now.
    static_cast<void>(s.release());
    unsigned char* bytes = nullptr;
    const int size = i2d_ECDSA_SIG(pair.get(), &bytes);
    if (size <= 0) {
        return {};
    }
    std::string der(bytes, bytes + size);
    OPENSSL_free(bytes);
    return der;
}

}  // namespace

std::string_view to_string(TokenAlgorithm algorithm) noexcept {
    return algorithm == TokenAlgorithm::rs256 ? "RS256" : "ES256";
}

Result<std::vector<TokenKey>> parse_token_keys(std::string_view text) {
    if (text.size() > key_file_bytes_max) {
        return refusal("it has more than 1 MiB");
    }
    const auto first = text.find_first_not_of(" \t\r\n");
    const bool is_json = first != std::string_view::npos && text[first] == '{';
    return is_json ? parse_jwks(text) : parse_pem(text);
}

Result<std::vector<TokenKey>> read_token_keys(const std::filesystem::path& file) {
    std::ifstream input(file, std::ios::binary);
    std::ostringstream text;
    if (!input || !(text << input.rdbuf())) {
        return refusal("cannot read the keys of tokens in '" + file.string() + "'");
    }
    auto keys = parse_token_keys(text.view());
    if (!keys) {
        return refusal("'" + file.string() + "' has no keys for tokens: " + keys.error().detail);
    }
    return keys;
}

bool verify_signature(const TokenKey& key, std::string_view message, std::string_view signature) {
    const auto bytes =
        key.algorithm == TokenAlgorithm::es256 ? der_of(signature) : std::string(signature);
    const Digest digest(EVP_MD_CTX_new());
    return !bytes.empty() && digest &&
           EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.key.get()) == 1 &&
           EVP_DigestVerify(
               digest.get(),
               unsigned_bytes(bytes),
               bytes.size(),
               unsigned_bytes(message),
               message.size()
           ) == 1;
}

}  // namespace tenon
