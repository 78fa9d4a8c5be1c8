#include "foundation/http/access/token_verifier.hpp"

#include "foundation/http/access/base64url.hpp"
#include "foundation/json_slice.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

namespace tenon {

namespace {

constexpr std::size_t token_bytes_max = 8192;
constexpr JsonLimits part_limits{.max_bytes = token_bytes_max, .max_depth = 16};

Error refusal(std::string why) {
    return {ErrorCode::invalid_input, std::move(why)};
}

struct TokenParts {
    std::string_view signed_text;  ///< Header and claims, as they were sent.
    std::string header;
    std::string claims;
    std::string signature;
};

std::optional<TokenParts> split(std::string_view token) {
    const auto first = token.find('.');
    const auto second = token.rfind('.');  // One dot more would be in a part, which refuses it.
    if (first == second || token.size() > token_bytes_max) {
        return std::nullopt;
    }
    auto header = base64url_decode(token.substr(0, first));
    auto claims = base64url_decode(token.substr(first + 1, second - first - 1));
    auto signature = base64url_decode(token.substr(second + 1));
    if (!header || !claims || !signature) {
        return std::nullopt;
    }
    return TokenParts{
        token.substr(0, second), *std::move(header), *std::move(claims), *std::move(signature)
    };
}

std::string text_of(const JsonSlice& object, std::string_view name) {
    const auto member = object.find(name);
    return member ? member->string().value_or("") : "";
}

/// Seconds since 1970, which may have a fraction.
std::optional<double> time_of(const JsonSlice& claims, std::string_view name) {
    const auto member = claims.find(name);
    if (!member || member->kind() != JsonKind::number) {
        return std::nullopt;
    }
    double seconds = 0;
    const auto raw = member->raw();
    const auto [end, failure] = std::from_chars(raw.data(), raw.data() + raw.size(), seconds);
    return failure == std::errc() ? std::optional(seconds) : std::nullopt;
}

bool is_for(const JsonSlice& claims, const std::string& audience) {
    const auto member = claims.find("aud");
    if (!member) {
        return false;
    }
    const auto several = member->elements();
    return member->string() == audience ||
           std::ranges::any_of(several, [&](const auto& one) { return one.string() == audience; });
}

/// The keys that may have signed a token with this header.
std::vector<TokenKey> candidates(const std::vector<TokenKey>& keys, const JsonSlice& header) {
    const auto algorithm = text_of(header, "alg");
    const auto id = text_of(header, "kid");
    std::vector<TokenKey> fitting;
    std::ranges::copy_if(keys, std::back_inserter(fitting), [&](const TokenKey& key) {
        return to_string(key.algorithm) == algorithm &&
               (key.id.empty() || id.empty() || key.id == id);
    });
    return fitting;
}

Caller caller_of(const JsonSlice& claims) {
    Caller caller{.name = "token " + text_of(claims, "sub").substr(0, 200)};
    const auto permissions = claims.find("permissions");
    for (const auto& name : permissions ? permissions->elements() : std::vector<JsonSlice>{}) {
        // An identity provider may have permissions of other programs among ours.
        static_cast<void>(caller.grants.add(name.string().value_or("")));
    }
    return caller;
}

}  // namespace

TokenVerifier::TokenVerifier(Options options)
    : options_(std::move(options)),
      keys_(std::make_shared<const std::vector<TokenKey>>(read_token_keys(options_.key_file).value()
      )),
      looked_(std::chrono::steady_clock::now()) {
    std::error_code ignored;
    written_ = std::filesystem::last_write_time(options_.key_file, ignored);
}

Result<Caller> TokenVerifier::verify(std::string_view token) {
    const auto parts = split(token);
    if (!parts) {
        return refusal("the bearer token is no signed JWT");
    }
    const auto header = JsonSlice::parse(parts->header, part_limits);
    const auto claims = JsonSlice::parse(parts->claims, part_limits);
    if (!header || !claims || header->kind() != JsonKind::object ||
        claims->kind() != JsonKind::object) {
        return refusal("the bearer token is no signed JWT");
    }
    if (header->find("crit")) {
        return refusal("the bearer token demands extensions that are not understood");
    }
    const auto usable = candidates(*keys(), *header);
    const bool genuine = std::ranges::any_of(usable, [&](const TokenKey& key) {
        return verify_signature(key, parts->signed_text, parts->signature);
    });
    if (!genuine) {
        return refusal("the bearer token is not signed by a key of this host");
    }
    if (const auto checked = check_claims(*claims); !checked) {
        return checked.error();
    }
    return caller_of(*claims);
}

/// Only after the signature: until then the claims are anybody's words.
Result<void> TokenVerifier::check_claims(const JsonSlice& claims) const {
    const double now = std::chrono::duration<double>(options_.now().time_since_epoch()).count();
    const auto leeway = static_cast<double>(options_.leeway.count());
    const auto expires = time_of(claims, "exp");
    if (!expires) {
        return refusal("the bearer token never expires; it needs the claim exp");
    }
    if (*expires + leeway <= now) {
        return refusal("the bearer token has expired");
    }
    for (const std::string_view begin : {"nbf", "iat"}) {
        const auto never = now + leeway + 1;  // What is no time.
        if (claims.find(begin) && time_of(claims, begin).value_or(never) > now + leeway) {
            return refusal("the bearer token is not valid yet");
        }
    }
    if (text_of(claims, "iss") != options_.issuer) {
        return refusal("the bearer token is of another issuer");
    }
    if (!is_for(claims, options_.audience)) {
        return refusal("the bearer token is for another audience");
    }
    return {};
}

TokenVerifier::Keys TokenVerifier::keys() {
    const std::scoped_lock lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_ < options_.look_again) {
        return keys_;
    }
    looked_ = now;
    std::error_code failure;
    const auto written = std::filesystem::last_write_time(options_.key_file, failure);
    if (failure || written == written_) {
        return keys_;
    }
    written_ = written;
    auto fresh = read_token_keys(options_.key_file);
    if (fresh) {
        keys_ = std::make_shared<const std::vector<TokenKey>>(*std::move(fresh));
        log::info("http", "read the keys of tokens anew");
    } else {
        log::warning("http", fresh.error().detail + "; the keys before stay");
    }
    return keys_;
}

}  // namespace tenon
