#include "support/credentials.hpp"

#include "foundation/http/access/base64url.hpp"

#include <array>
#include <cstddef>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdexcept>
#include <vector>

namespace tenon::testing {

namespace {

constexpr std::size_t p256_bytes = 32;
constexpr long certificate_seconds = 86400;

using Sink = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

std::string text_of(const Sink& sink) {
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(sink.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

Sink make_sink() {
    return {BIO_new(BIO_s_mem()), &BIO_free_all};
}

const unsigned char* unsigned_bytes(std::string_view bytes) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL's own idiom.
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// The two numbers side by side, from OpenSSL's DER.
std::string raw_signature(const std::vector<unsigned char>& der) {
    const auto* at = der.data();
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), &ECDSA_SIG_free
    );
    std::array<unsigned char, 2 * p256_bytes> raw{};
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), raw.data(), p256_bytes);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), raw.data() + p256_bytes, p256_bytes);
    return {raw.begin(), raw.end()};
}

std::string unsigned_token(std::string_view header, std::string_view claims) {
    return base64url_encode(header) + "." + base64url_encode(claims);
}

void add_extension(X509* certificate, int kind, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

}  // namespace

SigningKey SigningKey::rsa(unsigned bits) {
    return {{EVP_RSA_gen(bits), EVP_PKEY_free}, true};
}

SigningKey SigningKey::ec() {
    return {{EVP_EC_gen("P-256"), EVP_PKEY_free}, false};
}

std::string SigningKey::public_pem() const {
    const auto sink = make_sink();
    PEM_write_bio_PUBKEY(sink.get(), key_.get());
    return text_of(sink);
}

std::string SigningKey::private_pem() const {
    const auto sink = make_sink();
    PEM_write_bio_PrivateKey(sink.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(sink);
}

std::string SigningKey::number(const char* name) const {
    BIGNUM* value = nullptr;
    if (EVP_PKEY_get_bn_param(key_.get(), name, &value) != 1) {
        throw std::runtime_error("the key has no such number");
    }
    std::string bytes(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
    if (!rsa_) {
        bytes.resize(p256_bytes);
    }
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL's own idiom.
    auto* const target = reinterpret_cast<unsigned char*>(bytes.data());
    BN_bn2binpad(value, target, static_cast<int>(bytes.size()));
    BN_free(value);
    return base64url_encode(bytes);
}

std::string SigningKey::jwk(std::string_view id) const {
    const auto begin = R"({"use":"sig","kid":")" + std::string(id) + '"';
    if (rsa_) {
        return begin + R"(,"kty":"RSA","alg":"RS256","n":")" + number(OSSL_PKEY_PARAM_RSA_N) +
               R"(","e":")" + number(OSSL_PKEY_PARAM_RSA_E) + "\"}";
    }
    return begin + R"(,"kty":"EC","crv":"P-256","x":")" + number(OSSL_PKEY_PARAM_EC_PUB_X) +
           R"(","y":")" + number(OSSL_PKEY_PARAM_EC_PUB_Y) + "\"}";
}

std::string SigningKey::sign(std::string_view message) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(
        EVP_MD_CTX_new(), &EVP_MD_CTX_free
    );
    std::size_t size = 0;
    EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key_.get());
    EVP_DigestSign(digest.get(), nullptr, &size, unsigned_bytes(message), message.size());
    std::vector<unsigned char> signature(size);
    EVP_DigestSign(digest.get(), signature.data(), &size, unsigned_bytes(message), message.size());
    signature.resize(size);
    return rsa_ ? std::string(signature.begin(), signature.end()) : raw_signature(signature);
}

std::string SigningKey::token(std::string_view header, std::string_view claims) const {
    const auto message = unsigned_token(header, claims);
    return message + "." + base64url_encode(sign(message));
}

std::string SigningKey::token(std::string_view claims) const {
    return token(rsa_ ? R"({"alg":"RS256","typ":"JWT"})" : R"({"alg":"ES256"})", claims);
}

std::string SigningKey::certificate() const {
    if (!certificate_.empty()) {
        return certificate_;
    }
    const Certificate certificate(X509_new(), &X509_free);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -certificate_seconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), certificate_seconds);
    X509_set_pubkey(certificate.get(), key_.get());
    auto* const name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, unsigned_bytes("tenon test"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    add_extension(certificate.get(), NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
    add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(certificate.get(), key_.get(), EVP_sha256());
    const auto sink = make_sink();
    PEM_write_bio_X509(sink.get(), certificate.get());
    certificate_ = text_of(sink);
    return certificate_;
}

std::string hmac_token(std::string_view secret, std::string_view claims) {
    const auto message = unsigned_token(R"({"alg":"HS256"})", claims);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    HMAC(
        EVP_sha256(),
        secret.data(),
        static_cast<int>(secret.size()),
        unsigned_bytes(message),
        message.size(),
        digest.data(),
        &size
    );
    return message + "." + base64url_encode(std::string(digest.data(), digest.data() + size));
}

}  // namespace tenon::testing
