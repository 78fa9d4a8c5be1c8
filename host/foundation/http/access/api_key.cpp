#include "foundation/http/access/api_key.hpp"

#include "foundation/http/access/base64url.hpp"
#include "foundation/sha256.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <utility>

namespace tenon {

namespace {

constexpr std::string_view prefix = "tenon_";
constexpr std::size_t id_bytes = 8;
constexpr std::size_t id_length = 2 * id_bytes;
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t secret_length = 43;

template <std::size_t size>
std::array<unsigned char, size> random_bytes() {
    std::array<unsigned char, size> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(size)) != 1) {
        throw Exception({ErrorCode::unavailable, "openssl has no random numbers"});
    }
    return bytes;
}

bool is_hexadecimal(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool equal_in_constant_time(const std::string& left, const std::string& right) {
    return left.size() == right.size() &&
           CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace

std::string ApiKeyText::hash() const {
    return sha256_hex(secret);
}

ApiKeyText make_api_key() {
    ApiKeyText key;
    for (const auto byte : random_bytes<id_bytes>()) {
        key.id += fmt::format("{:02x}", byte);
    }
    const auto secret = random_bytes<secret_bytes>();
    key.secret = base64url_encode(std::string(secret.begin(), secret.end()));
    return key;
}

std::optional<ApiKeyText> parse_api_key(std::string_view text) {
    constexpr auto length = prefix.size() + id_length + 1 + secret_length;
    if (text.size() != length || !text.starts_with(prefix) ||
        text[prefix.size() + id_length] != '_') {
        return std::nullopt;
    }
    const auto id = text.substr(prefix.size(), id_length);
    const auto secret = text.substr(length - secret_length);
    if (!is_hexadecimal(id) || !base64url_decode(secret)) {
        return std::nullopt;
    }
    return ApiKeyText{.id = std::string(id), .secret = std::string(secret)};
}

asio::awaitable<Result<Caller>> ApiKeys::verify(std::string text) {
    const auto key = parse_api_key(text);
    if (!key) {
        co_return Error{ErrorCode::invalid_input, "the API key does not have the form of one"};
    }
    // Without a copy nobody can be judged: then everybody asks, not one for all.
    if (claim_refresh(options_.fresh) || !copy()) {
        co_await refresh();
    }
    auto caller = find(*key);
    if (!caller && claim_refresh(options_.unknown)) {
        co_await refresh();
        caller = find(*key);
    }
    if (caller) {
        co_return *std::move(caller);
    }
    const auto known = copy();
    if (!known || options_.now() - known->taken > options_.fresh + options_.stale) {
        co_return Error{ErrorCode::unavailable, "API keys cannot be checked now; try again"};
    }
    co_return Error{ErrorCode::invalid_input, "the API key is unknown, has expired or was revoked"};
}

std::shared_ptr<const ApiKeys::Copy> ApiKeys::copy() const {
    const std::scoped_lock lock(mutex_);
    return copy_;
}

/// True for the one caller that has to ask the store, because it was last asked so long ago.
bool ApiKeys::claim_refresh(std::chrono::milliseconds age) {
    const std::scoped_lock lock(mutex_);
    const auto now = options_.now();
    if (asked_ != Clock::time_point::min() && now - asked_ < age) {
        return false;
    }
    asked_ = now;
    return true;
}

asio::awaitable<void> ApiKeys::refresh() {
    try {
        auto keys = co_await source_();
        auto fresh = std::make_shared<const Copy>(Copy{std::move(keys), options_.now()});
        const std::scoped_lock lock(mutex_);
        copy_ = std::move(fresh);
    } catch (const std::exception& failure) {
        log::warning("http", std::string("cannot read the API keys: ") + failure.what());
    }
}

std::optional<Caller> ApiKeys::find(const ApiKeyText& key) const {
    const auto known = copy();
    if (!known) {
        return std::nullopt;
    }
    const auto age = options_.now() - known->taken;
    const auto hash = key.hash();
    const auto found = std::ranges::find(known->keys, key.id, &ApiKeyRecord::id);
    if (age > options_.fresh + options_.stale || found == known->keys.end() ||
        !equal_in_constant_time(found->hash, hash) || age >= found->expires_in) {
        return std::nullopt;
    }
    return Caller{.name = "key " + found->name, .grants = found->grants};
}

}  // namespace tenon
