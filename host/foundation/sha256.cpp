#include "foundation/sha256.hpp"

#include "foundation/error.hpp"

#include <array>
#include <openssl/evp.h>

namespace tenon {

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) !=
        1) {
        throw Exception({ErrorCode::unavailable, "openssl cannot compute a SHA-256 digest"});
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(std::size_t{2} * length);
    for (unsigned int index = 0; index < length; ++index) {
        hex += digits[digest[index] >> 4U];
        hex += digits[digest[index] & 0x0FU];
    }
    return hex;
}

}  // namespace tenon
