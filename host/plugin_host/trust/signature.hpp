#pragma once

#include "foundation/result.hpp"
#include "plugin_host/trust/trusted_file.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace tenon::plugin_host {

/// Public keys by which plugins are signed (ed25519).
class TrustedKeys {
public:
    /// Reads every `*.pem` of `directory`, as `openssl pkey -pubout` writes them. The error names
    /// the file that is no such key, or says that there is none.
    static Result<TrustedKeys> read(const std::filesystem::path& directory, const FileTrust& trust);

    /// The name of the key by which `signature` (64 bytes) signs `bytes`, or nothing.
    std::optional<std::string> signer(std::span<const std::byte> bytes, std::string_view signature)
        const;

private:
    struct Free {
        void operator()(evp_pkey_st* key) const noexcept;
    };

    struct Key {
        std::string name;
        std::unique_ptr<evp_pkey_st, Free> key;
    };

    std::vector<Key> keys_;
};

}  // namespace tenon::plugin_host
