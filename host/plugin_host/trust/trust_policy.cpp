#include "plugin_host/trust/trust_policy.hpp"

#include "plugin_host/trust/signature.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <set>
#include <sstream>

namespace tenon::plugin_host {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t digest_digits = 64;
constexpr std::size_t signature_bytes = 64;
constexpr std::uint64_t largest_list = std::uint64_t{4} * 1024 * 1024;
constexpr std::uint64_t largest_signature = 4096;

Result<std::set<std::string>> read_allow_list(const fs::path& file, const FileTrust& trust) {
    const auto text = read_trusted(file, {.owners = trust.owners, .max_bytes = largest_list});
    if (!text) {
        return text.error();
    }
    std::set<std::string> digests;
    std::istringstream lines(*text);
    std::string line;
    for (std::size_t number = 1; std::getline(lines, line); ++number) {
        std::istringstream words(line);
        std::string digest;
        if (!(words >> digest) || digest.starts_with('#')) {
            continue;
        }
        const bool hexadecimal = std::ranges::all_of(digest, [](unsigned char digit) {
            return std::isxdigit(digit) != 0;
        });
        if (!hexadecimal || digest.size() != digest_digits) {
            return about(
                file,
                {PluginRule::trust_settings,
                 fmt::format("does not begin line {} with a SHA-256", number),
                 "write the list with sha256sum"}
            );
        }
        std::ranges::transform(digest, digest.begin(), [](unsigned char digit) {
            return static_cast<char>(std::tolower(digit));
        });
        digests.insert(digest);
    }
    return digests;
}

Result<void> check_allowed(const Snapshot& snapshot, const TrustPolicy& policy) {
    const auto allowed = read_allow_list(policy.allow_list, policy.files);
    if (!allowed) {
        return allowed.error();
    }
    if (!allowed->contains(snapshot.sha256())) {
        return about(
            snapshot.source(),
            {PluginRule::not_allowed,
             "is not on the list of allowed plugins",
             fmt::format("add its SHA-256 {} to {}", snapshot.sha256(), policy.allow_list.string())}
        );
    }
    return {};
}

Result<void> check_signature(Snapshot& snapshot, const TrustPolicy& policy) {
    const auto keys = TrustedKeys::read(policy.keys, policy.files);
    if (!keys) {
        return keys.error();
    }
    const fs::path file = snapshot.source().string() + ".sig";
    const auto sign_it = fmt::format(
        "sign it with: openssl pkeyutl -sign -rawin -inkey KEY -in {} -out {}",
        snapshot.source().string(),
        file.string()
    );
    const auto signature =
        read_trusted(file, {.owners = policy.files.owners, .max_bytes = largest_signature});
    if (!signature) {
        if (signature.error().code != ErrorCode::not_found) {
            return signature.error();
        }
        return about(
            snapshot.source(),
            {PluginRule::unsigned_file,
             fmt::format("is not signed, there is no {}", file.string()),
             sign_it}
        );
    }
    const auto bytes = snapshot.bytes();
    if (!bytes) {
        return bytes.error();
    }
    if (signature->size() != signature_bytes || !keys->signer(*bytes, *signature)) {
        const auto what =
            signature->size() == signature_bytes
                ? fmt::format("is not signed by any key of {}", policy.keys.string())
                : fmt::format(
                      "has a signature of {} bytes, not of {}", signature->size(), signature_bytes
                  );
        return about(snapshot.source(), {PluginRule::bad_signature, what, sign_it});
    }
    return {};
}

}  // namespace

Result<void> check_policy(const TrustPolicy& policy) {
    if (!policy.allow_list.empty()) {
        if (const auto list = read_allow_list(policy.allow_list, policy.files); !list) {
            return list.error();
        }
    }
    if (!policy.keys.empty()) {
        if (const auto keys = TrustedKeys::read(policy.keys, policy.files); !keys) {
            return keys.error();
        }
    }
    return {};
}

Result<void> authorise(Snapshot& snapshot, const TrustPolicy& policy) {
    if (!policy.allow_list.empty()) {
        if (const auto allowed = check_allowed(snapshot, policy); !allowed) {
            return allowed;
        }
    }
    return policy.keys.empty() ? Result<void>{} : check_signature(snapshot, policy);
}

}  // namespace tenon::plugin_host
