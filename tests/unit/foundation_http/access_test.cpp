// What decides whether a caller is let in, each part by itself.

#include "foundation/http/access/api_key.hpp"
#include "foundation/http/access/base64url.hpp"
#include "foundation/http/access/permission.hpp"
#include "foundation/http/access/rate_limiter.hpp"
#include "support/co_test.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace tenon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

TEST(Permissions, HaveNamesThatAreReadBack) {
    EXPECT_EQ(all_permissions().size(), permission_count);
    for (const auto permission : all_permissions()) {
        EXPECT_EQ(parse_permission(to_string(permission)), permission);
    }
    EXPECT_EQ(to_string(Permission::tasks_context_read), "tasks:context_read");
    EXPECT_EQ(to_string(Permission::events_read), "events:read");
}

TEST(Permissions, AreGrantedOneByOneOrByResource) {
    Grants grants;
    EXPECT_TRUE(grants.empty());
    EXPECT_TRUE(grants.add("dlq:*"));
    EXPECT_TRUE(grants.add("tasks:create"));
    EXPECT_THAT(grants.names(), ElementsAre("tasks:create", "dlq:read", "dlq:update", "dlq:stats"));
    EXPECT_FALSE(grants.allow(Permission::tasks_read));
    EXPECT_EQ(Grants::all().names().size(), permission_count);
}

TEST(Permissions, RefuseWhatIsNoneAndKnowWhatWasMeant) {
    Grants grants;
    for (const std::string text :
         {"", "*", "*:*", ":*", "tasks", "tasks:", "mail:*", "Tasks:read"}) {
        EXPECT_FALSE(grants.add(text)) << text;
    }
    EXPECT_TRUE(grants.empty());
    EXPECT_THAT(grants.add("task:read").error().detail, HasSubstr("did you mean 'tasks:read'?"));
}

TEST(Base64Url, ReadsOnlyWhatItWrites) {
    EXPECT_EQ(base64url_encode("\xFB\xFF?"), "-_8_");
    for (const std::string bytes : {"", "a", "ab", "abc", "abcd"}) {
        EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
    }
    for (const std::string text : {"A", "AB==", "A+", "A/", "AB\n", "AAAAA", "AB"}) {
        EXPECT_EQ(base64url_decode(text), std::nullopt) << text;
    }
}

TEST(RateLimiter, GrantsABurstAndThenTheRate) {
    RateLimiter::Clock::time_point now{};
    RateLimiter limiter({.per_second = 2, .burst = 3, .now = [&] { return now; }});
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(limiter.take("a"), std::nullopt);
    }
    EXPECT_EQ(limiter.take("a"), 500ms);
    EXPECT_EQ(limiter.look("a"), 500ms);
    EXPECT_EQ(limiter.take("b"), std::nullopt) << "each caller has its own";
    now += 500ms;
    EXPECT_EQ(limiter.take("a"), std::nullopt);
    EXPECT_EQ(limiter.take("a"), 500ms);
    now += 1h;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(limiter.take("a"), std::nullopt) << "a pause earns one burst, not more";
    }
    EXPECT_NE(limiter.take("a"), std::nullopt);
}

TEST(RateLimiter, IsBoundedAndLimitsNobodyWithoutARate) {
    RateLimiter::Clock::time_point now{};
    RateLimiter few({.per_second = 1, .burst = 1, .callers = 2, .now = [&] { return now; }});
    EXPECT_EQ(few.take("a"), std::nullopt);
    EXPECT_EQ(few.take("b"), std::nullopt);
    EXPECT_EQ(few.take("c"), std::nullopt) << "the table is full, so all are forgotten";
    EXPECT_EQ(few.take("c"), 1000ms);

    RateLimiter none({});
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(none.take("a"), std::nullopt);
    }
}

TEST(ApiKeyText, IsLongRandomAndReadBack) {
    const auto key = make_api_key();
    EXPECT_EQ(key.to_string().size(), 66U);
    EXPECT_NE(key.to_string(), make_api_key().to_string());
    const auto read = parse_api_key(key.to_string());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id, key.id);
    EXPECT_EQ(read->secret, key.secret);
    EXPECT_EQ(read->hash(), key.hash());
    EXPECT_THAT(key.hash(), Not(HasSubstr(key.secret)));
    for (std::string text :
         {std::string(),
          key.secret,
          "Tenon" + key.to_string().substr(5),
          key.to_string() + "A",
          key.to_string().substr(0, 65)}) {
        EXPECT_FALSE(parse_api_key(text)) << text;
    }
}

class ApiKeysTest : public testing::CoroutineTest {
protected:
    asio::awaitable<std::vector<ApiKeyRecord>> load() {
        ++loads_;
        if (broken_) {
            throw std::runtime_error("the store is gone");
        }
        co_return stored_;
    }

    ApiKeyText store(std::chrono::milliseconds expires_in) {
        const auto key = make_api_key();
        ApiKeyRecord record{
            .id = key.id, .name = "ci", .hash = key.hash(), .expires_in = expires_in
        };
        record.grants.add(Permission::tasks_read);
        stored_.push_back(record);
        return key;
    }

    std::vector<ApiKeyRecord> stored_;
    int loads_ = 0;
    bool broken_ = false;
    ApiKeys::Clock::time_point now_{1h};
    ApiKeys::Options options_{.fresh = 5s, .stale = 300s, .unknown = 1s, .now = [this] {
                                  return now_;
                              }};
    ApiKeys keys_{[this] { return load(); }, options_};
};

CO_TEST_F(ApiKeysTest, NameTheirHolderAndAreReadOncePerSpan) {
    const auto key = store(1h);
    for (int i = 0; i < 3; ++i) {
        const auto caller = co_await keys_.verify(key.to_string());
        EXPECT_EQ(caller.value().name, "key ci");
        EXPECT_TRUE(caller.value().grants.allow(Permission::tasks_read));
    }
    EXPECT_EQ(loads_, 1);
    now_ += 5s;
    EXPECT_TRUE(co_await keys_.verify(key.to_string()));
    EXPECT_EQ(loads_, 2);
}

CO_TEST_F(ApiKeysTest, RefuseAWrongSecretALapsedAndARevokedKey) {
    const auto key = store(2s);
    auto forged = key;
    forged.secret = make_api_key().secret;
    EXPECT_FALSE(co_await keys_.verify(forged.to_string()));
    EXPECT_TRUE(co_await keys_.verify(key.to_string()));
    now_ += 2s;
    stored_.front().expires_in = 0ms;
    const auto lapsed = co_await keys_.verify(key.to_string());
    EXPECT_THAT(lapsed.error().detail, HasSubstr("unknown, has expired or was revoked"));

    const auto other = store(1h);
    now_ += 1s;
    EXPECT_TRUE(co_await keys_.verify(other.to_string())) << "a new key is looked for after 1 s";
    stored_.clear();
    now_ += 5s;
    EXPECT_FALSE(co_await keys_.verify(other.to_string()));
}

CO_TEST_F(ApiKeysTest, AskTheStoreOnceASecondForKeysThatNobodyKnows) {
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(co_await keys_.verify(make_api_key().to_string()));
    }
    EXPECT_EQ(loads_, 1);
    EXPECT_FALSE(co_await keys_.verify("tenon_nonsense"));
    EXPECT_EQ(loads_, 1);
}

CO_TEST_F(ApiKeysTest, GoOnForAWhileWithoutTheStore) {
    const auto key = store(24h);
    EXPECT_TRUE(co_await keys_.verify(key.to_string()));
    broken_ = true;
    now_ += 304s;
    EXPECT_TRUE(co_await keys_.verify(key.to_string()));
    now_ += 2s;
    const auto refused = co_await keys_.verify(key.to_string());
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace tenon
