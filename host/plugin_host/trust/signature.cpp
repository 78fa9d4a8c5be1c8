#include "plugin_host/trust/signature.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <system_error>

namespace tenon::plugin_host {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_keys = 256;
constexpr std::uint64_t largest_key = 16384;

Error unusable(const fs::path& file, std::string what, std::string fix) {
    return about(file, {PluginRule::trust_settings, std::move(what), std::move(fix)});
}

}  // namespace

void TrustedKeys::Free::operator()(evp_pkey_st* key) const noexcept {
    EVP_PKEY_free(key);
}

Result<TrustedKeys> TrustedKeys::read(const fs::path& directory, const FileTrust& trust) {
    std::error_code problem;
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(directory, problem), end; !problem && entry != end;
         entry.increment(problem)) {
        if (entry->path().extension() == ".pem") {
            files.push_back(entry->path());
        }
    }
    if (problem || files.empty() || files.size() > most_keys) {
        return unusable(
            directory,
            problem ? "cannot be read, " + problem.message()
                    : fmt::format("has {} public keys (*.pem)", files.size()),
            fmt::format("put 1 to {} ed25519 public keys there, as PEM", most_keys)
        );
    }
    std::ranges::sort(files);
    TrustedKeys keys;
    for (const auto& file : files) {
        const auto text = read_trusted(file, {.owners = trust.owners, .max_bytes = largest_key});
        if (!text) {
            return text.error();
        }
        const std::unique_ptr<BIO, decltype(&BIO_free)> source(
            BIO_new_mem_buf(text->data(), static_cast<int>(text->size())), &BIO_free
        );
        std::unique_ptr<evp_pkey_st, Free> key(
            PEM_read_bio_PUBKEY(source.get(), nullptr, nullptr, nullptr)
        );
        ERR_clear_error();
        if (key == nullptr || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
            return unusable(
                file,
                "is no ed25519 public key in PEM",
                "write it with: openssl pkey -in key.pem -pubout"
            );
        }
        keys.keys_.push_back({file.stem().string(), std::move(key)});
    }
    return keys;
}

std::optional<std::string> TrustedKeys::signer(
    std::span<const std::byte> bytes,
    std::string_view signature
) const {
    const auto* text = reinterpret_cast<const unsigned char*>(bytes.data());
    const auto* proof = reinterpret_cast<const unsigned char*>(signature.data());
    for (const auto& [name, key] : keys_) {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
            EVP_MD_CTX_new(), &EVP_MD_CTX_free
        );
        const bool ready =
            EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1;
        const bool valid =
            ready &&
            EVP_DigestVerify(context.get(), proof, signature.size(), text, bytes.size()) == 1;
        ERR_clear_error();
        if (valid) {
            return name;
        }
    }
    return std::nullopt;
}

}  // namespace tenon::plugin_host
