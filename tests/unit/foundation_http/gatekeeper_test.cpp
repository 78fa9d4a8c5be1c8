// What callers with good, bad and no credentials get from a server that asks who they are.

#include "foundation/http/access/gatekeeper.hpp"

#include "foundation/http/http_client.hpp"
#include "support/credentials.hpp"
#include "support/private_directory.hpp"
#include "unit/foundation_http/toy_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::PrivateDirectory;
using testing::RawConnection;
using testing::RawReply;
using testing::SigningKey;
using ::testing::StartsWith;
using testing::ToyServer;
using namespace std::chrono_literals;

asio::awaitable<std::vector<ApiKeyRecord>> stored(std::vector<ApiKeyRecord> keys) {
    co_return keys;
}

class GatekeeperTest : public ::testing::Test {
protected:
    GatekeeperTest() {
        ApiKeyRecord record{.id = key_.id, .name = "ci", .hash = key_.hash(), .expires_in = 1h};
        record.grants.add(Permission::tasks_read);
        records_.push_back(record);
    }

    /// A gate that takes tokens and keys.
    Gatekeeper::Options both() {
        Gatekeeper::Options options;
        options.tokens = std::make_unique<TokenVerifier>(TokenVerifier::Options{
            .key_file = directory_.write("keys", signer_.public_pem()),
            .issuer = "idp",
            .audience = "tenon"
        });
        options.keys = std::make_unique<ApiKeys>([records = records_] { return stored(records); });
        return options;
    }

    void serve(Gatekeeper::Options options, HttpLimits limits = {}) {
        gate_ = std::make_shared<Gatekeeper>(std::move(options));
        server_ = std::make_unique<ToyServer>(limits, ToyServer::Guards{.gate = gate_});
    }

    /// The answer to a request with these further header lines.
    RawReply ask(
        const std::string& request_line,
        const std::string& headers,
        const std::string& host = "127.0.0.1"
    ) {
        RawConnection connection(server_->port());
        connection.send(request_line + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n");
        return connection.receive().value();
    }

    std::string bearer(const std::string& permissions) const {
        return "Authorization: Bearer " +
               signer_.token(
                   R"({"iss":"idp","aud":"tenon","sub":"ada","exp":4000000000,"permissions":[)" +
                   permissions + "]}"
               ) +
               "\r\n";
    }

    std::string key_header() const { return "X-API-Key: " + key_.to_string() + "\r\n"; }

    PrivateDirectory directory_;
    SigningKey signer_ = SigningKey::ec();
    ApiKeyText key_ = make_api_key();
    std::vector<ApiKeyRecord> records_;
    std::shared_ptr<Gatekeeper> gate_;
    std::unique_ptr<ToyServer> server_;
};

TEST_F(GatekeeperTest, LetsInWhoHasThePermissionByTokenOrKey) {
    serve(both());
    EXPECT_EQ(ask("GET /guarded", bearer(R"("tasks:read")")).body, "token ada");
    EXPECT_EQ(ask("GET /guarded", bearer(R"("tasks:*")")).body, "token ada");
    EXPECT_EQ(ask("GET /guarded", key_header()).body, "key ci");
    EXPECT_EQ(
        ask("GET /guarded", "authorization: bearer " + key_.to_string() + "\r\n").body, "key ci"
    );
    EXPECT_EQ(ask("GET /hello", "").body, "hello") << "an open route asks nobody";
    EXPECT_EQ(gate_->statistics().authenticated, 4U);
    EXPECT_EQ(gate_->statistics().failed, 0U);
}

TEST_F(GatekeeperTest, AnswersWithoutCredentialsByAChallenge) {
    serve(both());
    const auto reply = ask("GET /guarded", "X-Request-Id: r7\r\n");

    EXPECT_EQ(reply.status, 401U);
    EXPECT_EQ(reply.header("WWW-Authenticate"), R"(Bearer realm="tenon")");
    EXPECT_EQ(reply.header("Content-Type"), "application/problem+json");
    EXPECT_THAT(reply.body, HasSubstr(R"("code":"unauthorized","request_id":"r7")"));
    EXPECT_EQ(ask("GET /nothing/here", "").status, 401U) << "what exists is told to callers only";
    EXPECT_EQ(ask("GET /nothing/here", key_header()).status, 404U);
    EXPECT_EQ(ask("PUT /guarded", key_header()).status, 405U);
    EXPECT_EQ(gate_->statistics().failed, 2U);
}

TEST_F(GatekeeperTest, SaysWhichPermissionIsLacking) {
    serve(both());
    const auto reply = ask("POST /guarded", key_header());

    EXPECT_EQ(reply.status, 403U);
    EXPECT_THAT(reply.body, HasSubstr("key ci lacks the permission tasks:create"));
    EXPECT_EQ(
        reply.header("WWW-Authenticate"),
        R"(Bearer realm="tenon", error="insufficient_scope", scope="tasks:create")"
    );
    EXPECT_EQ(gate_->statistics().denied, 1U);
}

TEST_F(GatekeeperTest, RefusesBadCredentialsWithoutRepeatingThem) {
    serve(both());
    const std::string wrong = "tenon_0123456789abcdef_" + std::string(43, 'A');
    for (const std::string& headers :
         {"X-API-Key: " + wrong + "\r\n",
          std::string("X-API-Key: x\r\n"),
          "Authorization: Bearer " + SigningKey::ec().token("{}") + "\r\n",
          std::string("Authorization: Bearer\r\n"),
          std::string("Authorization: Basic YTpi\r\n"),
          key_header() + bearer(R"("tasks:read")"),
          key_header() + key_header()}) {
        const auto reply = ask("GET /guarded", headers);
        EXPECT_EQ(reply.status, 401U) << headers;
        EXPECT_THAT(reply.header("WWW-Authenticate"), HasSubstr(R"(error="invalid_token")"));
        EXPECT_THAT(reply.body, Not(HasSubstr(std::string(20, 'A'))));
    }
}

TEST_F(GatekeeperTest, DecidesBeforeTheBodyIsRead) {
    serve(both());
    RawConnection connection(server_->port());
    connection.send(
        "POST /guarded HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n"
        "Expect: 100-continue\r\n\r\n"
    );

    const auto reply = connection.receive().value();

    EXPECT_EQ(reply.status, 401U) << "and no 100 before it";
    EXPECT_EQ(reply.header("Connection"), "close") << "the body could not be told from a request";
    EXPECT_TRUE(connection.ends());
}

TEST_F(GatekeeperTest, KeepsTheConnectionOfARefusedRequestWithoutBody) {
    serve(both());
    RawConnection connection(server_->port());
    const std::string head = "GET /guarded HTTP/1.1\r\nHost: t\r\n";

    connection.send(head + "\r\n" + head + key_header() + "\r\n");

    EXPECT_EQ(connection.receive().value().status, 401U);
    EXPECT_EQ(connection.receive().value().body, "key ci");
}

TEST_F(GatekeeperTest, TakesOnlyTheKindsOfCredentialsThatItKnows) {
    auto options = both();
    options.keys.reset();
    serve(std::move(options));
    EXPECT_THAT(ask("GET /guarded", key_header()).body, HasSubstr("takes no API keys"));

    options = both();
    options.tokens.reset();
    serve(std::move(options));
    EXPECT_THAT(ask("GET /guarded", bearer("")).body, HasSubstr("takes no bearer tokens"));
}

TEST_F(GatekeeperTest, LetsEverybodyInWhenItAsksNobody) {
    serve({});
    EXPECT_EQ(ask("POST /guarded", "").status, 200U);
    EXPECT_FALSE(gate_->authenticates());
}

TEST_F(GatekeeperTest, LimitsHowFastOneCallerMayAsk) {
    auto options = both();
    options.requests_per_second = 1;
    serve(std::move(options));
    EXPECT_EQ(ask("GET /guarded", key_header()).status, 200U);
    EXPECT_EQ(ask("GET /guarded", key_header()).status, 200U);

    const auto reply = ask("GET /guarded", key_header());

    EXPECT_EQ(reply.status, 429U);
    EXPECT_EQ(reply.header("Retry-After"), "1");
    EXPECT_THAT(reply.body, HasSubstr("too_many_requests"));
    EXPECT_EQ(ask("GET /guarded", bearer(R"("tasks:read")")).status, 200U) << "another caller";
    EXPECT_EQ(gate_->statistics().limited, 1U);
}

TEST_F(GatekeeperTest, SlowsDownWhoGuesses) {
    auto options = both();
    options.failures_per_second = 0.01;
    serve(std::move(options));
    unsigned status = 401;
    int guesses = 0;
    while (status == 401 && guesses < 100) {
        status = ask("GET /guarded", "X-API-Key: guess\r\n").status;
        ++guesses;
    }
    EXPECT_EQ(status, 429U);
    EXPECT_EQ(guesses, 21);
    EXPECT_EQ(ask("GET /guarded", key_header()).status, 429U) << "from that address";
}

TEST_F(GatekeeperTest, LetsNoForeignPageDoAnythingUnlessListed) {
    serve({});
    EXPECT_EQ(ask("POST /guarded", "Origin: https://evil.example\r\n").status, 403U);
    EXPECT_EQ(ask("POST /guarded", "Origin: null\r\n").status, 403U);
    EXPECT_EQ(ask("POST /guarded", "Origin: http://127.0.0.1\r\n").status, 200U) << "its own";
    const auto reading = ask("GET /hello", "Origin: https://evil.example\r\n");
    EXPECT_EQ(reading.status, 200U);
    EXPECT_THAT(reading.head, Not(HasSubstr("Access-Control"))) << "so the page cannot see it";
    EXPECT_EQ(
        ask("OPTIONS /guarded",
            "Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n")
            .status,
        405U
    );
}

TEST_F(GatekeeperTest, LetsListedPagesReadAndAsk) {
    auto options = both();
    options.cross_origin.origins = {"https://ops.example"};
    serve(std::move(options));
    const std::string origin = "Origin: https://ops.example\r\n";

    const auto preflight =
        ask("OPTIONS /guarded", origin + "Access-Control-Request-Method: POST\r\n");
    EXPECT_EQ(preflight.status, 204U);
    EXPECT_EQ(preflight.header("Access-Control-Allow-Origin"), "https://ops.example");
    EXPECT_THAT(preflight.header("Access-Control-Allow-Headers"), HasSubstr("X-API-Key"));
    const auto refused = ask("GET /guarded", origin);
    EXPECT_EQ(refused.status, 401U);
    EXPECT_EQ(refused.header("Access-Control-Allow-Origin"), "https://ops.example");
    EXPECT_EQ(refused.header("Vary"), "Origin");
    EXPECT_EQ(ask("GET /guarded", origin + key_header()).status, 200U);
    const auto other = ask("GET /hello", "Origin: https://ops.example.evil\r\n");
    EXPECT_EQ(other.header("Access-Control-Allow-Origin"), "(none)");
    EXPECT_EQ(other.header("Vary"), "Origin");
}

TEST_F(GatekeeperTest, RefusesNamesThatPagesMakeResolveToThisMachine) {
    serve({.cross_origin = {.local_names_only = true}});
    for (const std::string host :
         {"127.0.0.1", "127.0.0.1:8080", "localhost:8080", "localhost", "[::1]:8080", "[::1]"}) {
        EXPECT_EQ(ask("GET /hello", "", host).status, 200U) << host;
    }
    for (const std::string host : {"evil.example", "evil.example:80", "localhost.evil:80"}) {
        EXPECT_EQ(ask("GET /hello", "", host).status, 403U) << host;
    }
}

TEST(CrossOriginOptions, RefuseWhatIsNoOrigin) {
    for (const std::string text :
         {"*", "ops.example", "https://", "https://a/", "https://a/b", "https://u@a", "ftp://a"}) {
        EXPECT_THROW(CrossOrigin({.origins = {text}}), Exception) << text;
    }
    EXPECT_NO_THROW(CrossOrigin({.origins = {"https://a.example:8443", "http://localhost:3000"}}));
}

}  // namespace
}  // namespace tenon
