#pragma once

#include "foundation/http/access/caller.hpp"
#include "foundation/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon {

namespace asio = boost::asio;

/// A key as its holder sends it: `tenon_<id>_<secret>`.
struct ApiKeyText {
    std::string id;      ///< 16 hexadecimal digits; no secret.
    std::string secret;  ///< 256 random bits in 43 characters.

    std::string to_string() const { return "tenon_" + id + "_" + secret; }

    /// What is kept of the secret. It is random and long, so a plain SHA-256 cannot be searched.
    std::string hash() const;
};

/// A fresh key from the system's random numbers. [any-thread]
ApiKeyText make_api_key();

/// Nothing for what does not have the form of a key.
std::optional<ApiKeyText> parse_api_key(std::string_view text);

/// A key that is valid now.
struct ApiKeyRecord {
    std::string id;
    std::string name;
    std::string hash;
    Grants grants{};
    std::chrono::milliseconds expires_in{};  ///< From the moment of the answer.
};

/// The keys that are valid, as their store has them. It is asked while requests wait, and at most
/// as often as ApiKeys says; it may throw.
using ApiKeySource = std::function<asio::awaitable<std::vector<ApiKeyRecord>>()>;

/// Tells whose key it is, from a copy of the store that is at most `fresh` old. While the store
/// cannot be asked the copy serves for `stale` more; then nobody is let in by a key. It asks only
/// when somebody comes with a key. [any-thread]
class ApiKeys {
public:
    using Clock = std::chrono::steady_clock;

    struct Options {
        std::chrono::milliseconds fresh{5'000};
        std::chrono::milliseconds stale{300'000};
        std::chrono::milliseconds unknown{1'000};  ///< As `fresh`, for a key that is not in it.
        std::function<Clock::time_point()> now = &Clock::now;
    };

    explicit ApiKeys(ApiKeySource source) : ApiKeys(std::move(source), Options{}) {}

    ApiKeys(ApiKeySource source, Options options)
        : source_(std::move(source)), options_(std::move(options)) {}

    /// ErrorCode::invalid_input for a key that is unknown, revoked or expired, which look alike;
    /// ErrorCode::unavailable when the store has not been reached for too long.
    asio::awaitable<Result<Caller>> verify(std::string text);

private:
    struct Copy {
        std::vector<ApiKeyRecord> keys;
        Clock::time_point taken;
    };

    std::shared_ptr<const Copy> copy() const;
    bool claim_refresh(std::chrono::milliseconds age);
    asio::awaitable<void> refresh();
    std::optional<Caller> find(const ApiKeyText& key) const;

    const ApiKeySource source_;
    const Options options_;
    mutable std::mutex mutex_;  // The event loop's threads read and replace the pointer.
    std::shared_ptr<const Copy> copy_;
    Clock::time_point asked_ = Clock::time_point::min();
};

}  // namespace tenon
