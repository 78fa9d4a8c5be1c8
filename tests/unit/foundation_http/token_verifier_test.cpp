#include "foundation/http/access/token_verifier.hpp"

#include "support/credentials.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::hmac_token;
using testing::PrivateDirectory;
using testing::SigningKey;
using namespace std::chrono_literals;

constexpr std::int64_t now_s = 1'800'000'000;

std::string claims(const std::string& more, std::int64_t expires = now_s + 60) {
    return R"({"iss":"idp","aud":"tenon","sub":"ada","exp":)" + std::to_string(expires) + more +
           "}";
}

class TokenVerifierTest : public ::testing::Test {
protected:
    std::unique_ptr<TokenVerifier> verifier(const std::string& key_file) {
        return std::make_unique<TokenVerifier>(TokenVerifier::Options{
            .key_file = directory_.write("keys", key_file),
            .issuer = "idp",
            .audience = "tenon",
            .look_again = 0ms,
            .now = [] { return TokenVerifier::Clock::time_point(std::chrono::seconds(now_s)); }
        });
    }

    /// What is wrong with the token.
    std::string refusal(TokenVerifier& verifier, const std::string& token) {
        const auto caller = verifier.verify(token);
        return caller ? "(accepted)" : caller.error().detail;
    }

    static const SigningKey& rsa() {
        static const auto key = SigningKey::rsa();
        return key;
    }

    PrivateDirectory directory_;
    SigningKey ec_ = SigningKey::ec();
};

TEST_F(TokenVerifierTest, TakesTokensOfAnRsaKeyAndGrantsWhatTheySay) {
    const auto tokens = verifier(rsa().public_pem());

    const auto caller =
        tokens->verify(rsa().token(claims(R"(,"permissions":["tasks:read","dlq:*","mail:send"])")));

    EXPECT_EQ(caller.value().name, "token ada");
    EXPECT_THAT(
        caller.value().grants.names(),
        ElementsAre("tasks:read", "dlq:read", "dlq:update", "dlq:stats")
    );
}

TEST_F(TokenVerifierTest, TakesTokensOfAnEcKeyOfSeveralInAJwks) {
    const auto tokens = verifier(R"({"keys":[)" + rsa().jwk("old") + "," + ec_.jwk("new") + "]}");

    EXPECT_TRUE(tokens->verify(ec_.token(claims(""))));
    EXPECT_TRUE(tokens->verify(ec_.token(R"({"alg":"ES256","kid":"new"})", claims(""))));
    EXPECT_TRUE(tokens->verify(rsa().token(R"({"alg":"RS256","kid":"old"})", claims(""))));
    EXPECT_THAT(
        refusal(*tokens, rsa().token(R"({"alg":"RS256","kid":"new"})", claims(""))),
        HasSubstr("not signed by a key of this host")
    );
}

TEST_F(TokenVerifierTest, RefusesEveryConfusionOfAlgorithms) {
    const auto pem = rsa().public_pem();
    const auto tokens = verifier(pem);
    const std::string none = "not signed by a key of this host";

    EXPECT_THAT(refusal(*tokens, hmac_token(pem, claims(""))), HasSubstr(none));
    EXPECT_THAT(refusal(*tokens, ec_.token(claims(""))), HasSubstr(none));
    for (const std::string algorithm : {"none", "None", "HS256", "RS512", "PS256", "ES256", ""}) {
        const auto header = R"({"alg":")" + algorithm + "\"}";
        EXPECT_THAT(refusal(*tokens, rsa().token(header, claims(""))), HasSubstr(none)) << header;
    }
    const auto signed_token = rsa().token(R"({"alg":"none"})", claims(""));
    const auto bare = signed_token.substr(0, signed_token.rfind('.') + 1);
    EXPECT_THAT(refusal(*tokens, bare), HasSubstr(none));
    EXPECT_THAT(refusal(*tokens, rsa().token("{}", claims(""))), HasSubstr(none));
}

TEST_F(TokenVerifierTest, RefusesWrongKeysAndChangedTokens) {
    const auto tokens = verifier(ec_.public_pem());
    EXPECT_NE(refusal(*tokens, SigningKey::ec().token(claims(""))), "(accepted)");

    const auto good = ec_.token(claims(""));
    ASSERT_TRUE(tokens->verify(good));
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto changed = good;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(tokens->verify(changed)) << i;
        EXPECT_FALSE(tokens->verify(good.substr(0, i))) << i;
    }
    EXPECT_FALSE(tokens->verify(good + "A"));
    EXPECT_FALSE(tokens->verify(good + ".A"));
    EXPECT_FALSE(tokens->verify(good + "="));
}

TEST_F(TokenVerifierTest, ChecksTimesIssuerAndAudience) {
    const auto tokens = verifier(ec_.public_pem());
    const auto said = [&](const std::string& text) { return refusal(*tokens, ec_.token(text)); };

    EXPECT_EQ(said(claims("", now_s - 29)), "(accepted)") << "clocks may differ by 30 s";
    EXPECT_EQ(said(claims("", now_s - 30)), "the bearer token has expired");
    EXPECT_EQ(said(claims(R"(,"nbf":1800000030)")), "(accepted)");
    EXPECT_EQ(said(claims(R"(,"nbf":1800000031)")), "the bearer token is not valid yet");
    EXPECT_EQ(said(claims(R"(,"iat":1800000031)")), "the bearer token is not valid yet");
    EXPECT_EQ(said(claims(R"(,"nbf":"soon")")), "the bearer token is not valid yet");
    EXPECT_THAT(said(R"({"iss":"idp","aud":"tenon"})"), HasSubstr("never expires"));
    EXPECT_THAT(said(R"({"iss":"idp","aud":"tenon","exp":"1900000000"})"), HasSubstr("never"));
    EXPECT_THAT(said(R"({"iss":"other","aud":"tenon","exp":1900000000})"), HasSubstr("issuer"));
    EXPECT_THAT(said(R"({"aud":"tenon","exp":1900000000})"), HasSubstr("another issuer"));
    EXPECT_THAT(said(R"({"iss":"idp","aud":"mail","exp":1900000000})"), HasSubstr("audience"));
    EXPECT_THAT(said(R"({"iss":"idp","exp":1900000000})"), HasSubstr("another audience"));
    EXPECT_EQ(said(R"({"iss":"idp","aud":["mail","tenon"],"exp":1900000000.5})"), "(accepted)");
}

TEST_F(TokenVerifierTest, RefusesWhatIsNoTokenWithoutSayingWhatItWas) {
    const auto tokens = verifier(ec_.public_pem());
    for (const std::string text :
         {"", ".", "..", "a.b.c", "...", "e30.e30", "e30.e30.", "W10.W10.W10", "%%%.e30.e30"}) {
        EXPECT_FALSE(tokens->verify(text)) << text;
    }
    EXPECT_EQ(refusal(*tokens, std::string(9000, 'e')), "the bearer token is no signed JWT");
    EXPECT_THAT(
        refusal(*tokens, ec_.token(R"({"alg":"ES256","crit":["x"]})", claims(""))),
        HasSubstr("extensions that are not understood")
    );
    EXPECT_EQ(
        refusal(*tokens, ec_.token(R"({"alg":"ES256"})", "[]")), "the bearer token is no signed JWT"
    );
}

TEST_F(TokenVerifierTest, ReadsAnExchangedFileAndKeepsTheKeysOverABadOne) {
    const auto tokens = verifier(ec_.public_pem());
    const auto later = std::filesystem::file_time_type::clock::now() + 10s;
    const auto fresh = SigningKey::ec();

    std::filesystem::last_write_time(directory_.write("keys", "nonsense"), later);
    EXPECT_TRUE(tokens->verify(ec_.token(claims(""))));
    std::filesystem::last_write_time(directory_.write("keys", fresh.public_pem()), later + 1s);
    EXPECT_FALSE(tokens->verify(ec_.token(claims(""))));
    EXPECT_TRUE(tokens->verify(fresh.token(claims(""))));
}

TEST(TokenKeys, RefuseWhatMakesNoSafeKeyWithASentence) {
    const auto why = [](const std::string& text) {
        const auto keys = parse_token_keys(text);
        return keys ? "(accepted)" : keys.error().detail;
    };
    EXPECT_THAT(why(SigningKey::rsa(1024).public_pem()), HasSubstr("fewer than 2048 bits"));
    EXPECT_THAT(why(SigningKey::ec().private_pem()), HasSubstr("it holds a private key"));
    EXPECT_THAT(why("hello"), HasSubstr("neither a public key as PEM"));
    EXPECT_THAT(why(""), HasSubstr("neither a public key as PEM"));
    EXPECT_THAT(why("{"), HasSubstr("it is no JSON"));
    EXPECT_THAT(why(R"({"keys":[]})"), HasSubstr("no RSA or EC key for signatures"));
    EXPECT_THAT(why(R"({"keys":[{"kty":"oct","k":"c2VjcmV0"}]})"), HasSubstr("no RSA or EC key"));
    EXPECT_THAT(
        why(R"({"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]})"),
        HasSubstr("not a point of the curve P-256")
    );
    EXPECT_NE(why(R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]})"), "(accepted)");
    EXPECT_NE(why(R"({"keys":[{"kty":"RSA"}]})"), "(accepted)");
}

}  // namespace
}  // namespace tenon
