// A pooler in transaction mode between the host and its server.

#include "weather/pooler.hpp"

#include "foundation/http/http_client.hpp"
#include "support/workflows.hpp"
#include "weather/weather_fixture.hpp"

#include <gmock/gmock.h>

namespace tenon::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

class PoolerTest : public WeatherTest {
protected:
    HostProcess::Options pooled(const std::string& direct_url) const {
        return {.database_url = pooler_.conninfo(), .more = {"--direct-url", direct_url}};
    }

    /// The sentence with which a host refuses to start.
    static std::string refusal(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"host", "--no-supervisor", "--listen", "127.0.0.1:0"});
        const auto ending = run_tenon(std::move(arguments));
        EXPECT_NE(ending.exit_code, 0);
        return ending.complaint();
    }

    Pooler pooler_{server_.directory(), "transaction"};
};

TEST_F(PoolerTest, WithADirectUrlAllWorkflowsRun) {
    add_host(pooled(server_.conninfo()));
    begin_stream();
    submit_burst(sql(), 20);
    ASSERT_TRUE(eventually([&] { return stream_->accepted_count() > 60; }));
    EXPECT_EQ(count("pg_stat_activity WHERE application_name = 'tenon listener'"), "1");
    EXPECT_EQ(stream_->refused_count(), 0) << logs();
    const auto ready = HttpClient({.url = hosts_.front()->url()}).get("/health/ready");
    EXPECT_EQ(ready.status, 200U);
    EXPECT_THAT(ready.body, ::testing::Not(HasSubstr("degraded")));
    expect_unharmed();
}

TEST_F(PoolerTest, ThatRestartsHarmsNothing) {
    add_host(pooled(server_.conninfo()));
    begin_stream();
    pooler_.stop();
    last(1s);
    pooler_.start();
    expect_resumed(Clock::now());
    expect_unharmed();
}

TEST_F(PoolerTest, AloneIsRefusedInASentenceThatNamesTheFix) {
    EXPECT_THAT(
        refusal({"--database-url", pooler_.conninfo()}),
        AllOf(
            HasSubstr("--database-url ("),
            HasSubstr("shares sessions between clients"),
            HasSubstr("--direct-url (TENON_DIRECT_URL)")
        )
    );
    EXPECT_THAT(
        refusal({"--database-url", server_.conninfo(), "--direct-url", pooler_.conninfo()}),
        HasSubstr("--direct-url (")
    );
    // Nothing was begun, nor left behind on a session that others use.
    EXPECT_EQ(count("pg_namespace WHERE nspname = 'tenon'"), "0");
    EXPECT_EQ(count("pg_locks WHERE locktype = 'advisory'"), "0");
}

TEST_F(PoolerTest, ADirectUrlToAnotherDatabaseIsRefused) {
    sql().exec("CREATE DATABASE other");
    const auto other = server_.conninfo() + "  dbname=other";
    EXPECT_THAT(
        refusal({"--database-url", pooler_.conninfo(), "--direct-url", other}),
        HasSubstr("leads to another database than --database-url")
    );
    EXPECT_THAT(refusal({"--direct-url", server_.conninfo()}), HasSubstr("without --database-url"));
}

TEST_F(PoolerTest, IsFoundByTheDoctor) {
    const auto alone = run_tenon({"doctor", "--database-url", pooler_.conninfo()});
    EXPECT_EQ(alone.exit_code, 1) << alone.err;
    EXPECT_THAT(alone.out, HasSubstr("error (pooler): a pooler in transaction mode is in front"));
    const auto past = run_tenon(
        {"doctor", "--database-url", pooler_.conninfo(), "--direct-url", server_.conninfo()}
    );
    EXPECT_THAT(past.out, HasSubstr("note (pooler): "));
    const auto direct = run_tenon({"doctor", "--database-url", server_.conninfo()});
    EXPECT_THAT(direct.out, ::testing::Not(HasSubstr("(pooler)")));
}

}  // namespace
}  // namespace tenon::testing
