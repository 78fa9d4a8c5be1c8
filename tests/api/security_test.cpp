// Who may do what on a real host, by real sockets.

#include "foundation/http/access/permission.hpp"
#include "support/api_contract.hpp"
#include "support/child_program.hpp"
#include "support/credentials.hpp"
#include "support/host_process.hpp"
#include "support/private_directory.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>

#include <set>

namespace tenon::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Security : public DatabaseTest {
protected:
    void start(std::vector<std::string> more) {
        host_ = start_host(
            {.database_url = conninfo(),
             .templates = HostProcess::example_templates(),
             .more = std::move(more)}
        );
    }

    std::vector<std::string> tokens() {
        return {
            "--jwt-keys",
            directory_.write("key.pem", signer_.public_pem()).string(),
            "--jwt-issuer",
            "idp",
            "--jwt-audience",
            "tenon"
        };
    }

    /// A token that lets its bearer do these things.
    std::string token(const std::vector<std::string>& permissions) const {
        const json claims{
            {"iss", "idp"},
            {"aud", "tenon"},
            {"sub", "ada"},
            {"exp", 4'000'000'000},
            {"permissions", permissions}
        };
        return signer_.token(claims.dump());
    }

    ApiClient bearing(const std::string& token) const {
        return ApiClient({.url = host_->url(), .headers = {{"Authorization", "Bearer " + token}}});
    }

    ApiClient holding(const std::string& key) const {
        return ApiClient({.url = host_->url(), .headers = {{"X-API-Key", key}}});
    }

    /// What `tenon key …` prints; fails the test unless it ends well.
    std::string tenon_key(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "key");
        arguments.insert(arguments.end(), {"--database-url", conninfo()});
        const auto ending = run_tenon(std::move(arguments));
        EXPECT_EQ(ending.exit_code, 0) << ending.err;
        return ending.out.substr(0, ending.out.find('\n'));
    }

    PrivateDirectory directory_;
    SigningKey signer_ = SigningKey::ec();
    std::unique_ptr<HostProcess> host_;
};

std::string filled(std::string path) {
    for (auto at = path.find('{'); at != std::string::npos; at = path.find('{')) {
        const auto end = path.find('}', at);
        const bool uuid = path.substr(at, end + 1 - at) == "{uuid}";
        path.replace(at, end + 1 - at, uuid ? "00000000-0000-7000-8000-000000000000" : "none");
    }
    return path;
}

TEST_F(Security, EveryPathNeedsItsPermissionAndNoOther) {
    start(tokens());
    ApiClient nobody({.url = host_->url()});
    for (const auto& operation : ApiContract::instance().operations()) {
        const auto path = filled(operation.path);
        const auto what = operation.method + " " + path;
        if (operation.permission.empty()) {
            EXPECT_LT(nobody.send(operation.method, path).status, 300U) << what;
            continue;
        }
        const auto refused = nobody.send(operation.method, path);
        EXPECT_EQ(refused.status, 401U) << what;
        std::vector<std::string> others;
        for (const auto permission : all_permissions()) {
            if (to_string(permission) != operation.permission) {
                others.emplace_back(to_string(permission));
            }
        }
        const auto denied = bearing(token(others)).send(operation.method, path);
        EXPECT_EQ(denied.status, 403U) << what;
        EXPECT_THAT(denied.body, HasSubstr("lacks the permission " + operation.permission));
        if (path == "/v1/events") {
            continue;  // It would not end.
        }
        const auto status =
            bearing(token({operation.permission})).send(operation.method, path).status;
        EXPECT_TRUE(status != 401 && status != 403 && status < 500) << what << ": " << status;
    }
    EXPECT_THAT(host_->log(), Not(HasSubstr("eyJ"))) << "no token is ever in the log";
}

TEST_F(Security, EveryPermissionGuardsSomething) {
    std::set<std::string> guarded{"tasks:context_read"};  // It guards a part of a document.
    for (const auto& operation : ApiContract::instance().operations()) {
        guarded.insert(operation.permission);
    }
    for (const auto permission : all_permissions()) {
        EXPECT_TRUE(guarded.contains(std::string(to_string(permission)))) << to_string(permission);
    }
}

TEST_F(Security, ContextsAreForThoseWhoMayReadThem) {
    start(tokens());
    const auto task = submit_task(sql(), example_workflows().front());
    const auto partly = json::parse(bearing(token({"tasks:read"})).get("/v1/tasks/" + task).body);
    EXPECT_EQ(partly.at("context"), nullptr);
    EXPECT_EQ(partly.at("task_uuid"), task);
    const auto whole = json::parse(bearing(token({"tasks:*"})).get("/v1/tasks/" + task).body);
    EXPECT_EQ(whole.at("context").at("even_number"), 6);
}

TEST_F(Security, TokensThatAreNotGoodOpenNothing) {
    start(tokens());
    const auto claims = [](const std::string& more) {
        return R"({"iss":"idp","aud":"tenon","permissions":["system:hosts_read"])" + more + "}";
    };
    const auto forever = claims(R"(,"exp":4000000000)");
    ASSERT_EQ(bearing(signer_.token(forever)).get("/v1/hosts").status, 200U);
    for (const auto& bad :
         {signer_.token(claims(R"(,"exp":1000000000)")),
          signer_.token(claims("")),
          SigningKey::ec().token(forever),
          SigningKey::rsa().token(forever),
          signer_.token(R"({"alg":"none"})", forever),
          signer_.token(R"({"alg":"RS256"})", forever),
          hmac_token(signer_.public_pem(), forever)}) {
        EXPECT_EQ(bearing(bad).get("/v1/hosts").status, 401U);
    }
}

TEST_F(Security, KeysAreMadeListedUsedAndRevoked) {
    start({"--api-keys"});
    const auto key = tenon_key({"create", "deploy", "--permission", "system:*,tasks:create"});
    EXPECT_EQ(key.size(), 66U);
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM tenon.api_keys WHERE hash ~ '^[0-9a-f]{64}$'"), "1"
    );
    EXPECT_EQ(
        sql().value(
            "SELECT count(*) FROM tenon.api_keys AS k WHERE k::text LIKE '%' || $1 || '%'",
            {key.substr(23)}
        ),
        "0"
    ) << "the secret is nowhere";
    const auto listed = json::parse(tenon_key({"list", "--json"}));
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed.at(0).at("name"), "deploy");
    EXPECT_EQ(listed.at(0).at("expired"), false);
    EXPECT_EQ(listed.at(0).at("permissions").at(0), "tasks:create");

    EXPECT_EQ(holding(key).get("/v1/hosts").status, 200U);
    EXPECT_EQ(holding(key).get("/v1/tasks").status, 403U);
    EXPECT_EQ(bearing(key).get("/v1/hosts").status, 200U);
    auto wrong = key;
    wrong.back() = wrong.back() == 'A' ? 'E' : 'A';
    EXPECT_EQ(holding(wrong).get("/v1/hosts").status, 401U);

    EXPECT_THAT(tenon_key({"revoke", "deploy"}), HasSubstr("revoked deploy"));
    EXPECT_TRUE(eventually([&] { return holding(key).get("/v1/hosts").status == 401; }));
    EXPECT_EQ(tenon_key({"list"}), "there are no API keys");
    const auto brief =
        tenon_key({"create", "brief", "--permission", "system:*", "--expires", "1s"});
    EXPECT_TRUE(eventually([&] { return holding(brief).get("/v1/hosts").status == 401; }));
    EXPECT_THAT(host_->log(), Not(HasSubstr(key.substr(23))));
}

TEST_F(Security, KeysThatMakeNoSenseAreNotMade) {
    const auto refusal = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"key", "create"});
        arguments.insert(arguments.end(), {"--database-url", conninfo()});
        const auto ending = run_tenon(std::move(arguments));
        EXPECT_NE(ending.exit_code, 0);
        return ending.complaint();
    };
    EXPECT_THAT(
        refusal({"a", "--permission", "task:read"}), HasSubstr("did you mean 'tasks:read'?")
    );
    EXPECT_THAT(refusal({"a", "--permission", "*"}), HasSubstr("'*' is no permission"));
    EXPECT_THAT(refusal({"a b", "--permission", "tasks:*"}), HasSubstr("without spaces"));
    EXPECT_THAT(
        refusal({"a", "--permission", "tasks:*", "--expires", "0s"}), HasSubstr("no life of a key")
    );
    tenon_key({"create", "a", "--permission", "tasks:*"});
    EXPECT_THAT(
        refusal({"a", "--permission", "tasks:*"}),
        HasSubstr("there is an API key named 'a' already")
    );
}

TEST_F(Security, AHostOnTheNetworkAsksWhoCallsUnlessToldOtherwise) {
    const auto run = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"host", "--listen", "0.0.0.0:0"});
        const auto ending = run_tenon(std::move(arguments));
        EXPECT_EQ(ending.exit_code, 5);
        return ending.err;
    };
    EXPECT_THAT(
        run({"--database-url", "postgres://ada:s3cret@127.0.0.1:1/x"}),
        HasSubstr("give --api-keys or --jwt-keys, or --unauthenticated")
    );
    const auto unreachable =
        run({"--unauthenticated", "--database-url", "postgres://ada:s3cret@127.0.0.1:1/x"});
    EXPECT_THAT(unreachable, HasSubstr("127.0.0.1:1"));
    EXPECT_THAT(unreachable, Not(HasSubstr("s3cret")));
}

TEST_F(Security, AHostSpeaksTls) {
    const auto certificate = directory_.write("cert.pem", signer_.certificate()).string();
    auto more = tokens();
    more.insert(
        more.end(),
        {"--tls-certificate",
         certificate,
         "--tls-key",
         directory_.write("private.pem", signer_.private_pem()).string()}
    );
    start(more);
    EXPECT_THAT(host_->url(), HasSubstr("https://"));
    ApiClient client(
        {.url = host_->url(),
         .headers = {{"Authorization", "Bearer " + token({"system:config_read"})}},
         .ca_file = certificate}
    );
    const auto config = json::parse(client.get("/v1/config").body);
    EXPECT_EQ(config.at("security").at("tls"), true);
    EXPECT_EQ(config.at("security").at("bearer_tokens"), true);
}

}  // namespace
}  // namespace tenon::testing
