// A doctor at a real database: healthy, and with each fault that can be made here.

#include "app/commands/doctor/doctor.hpp"

#include "app/commands/lists/list_operations.hpp"
#include "support/child_program.hpp"
#include "support/postgres.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <map>
#include <sstream>

namespace tenon::app {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using Json = nlohmann::json;
using Findings = std::map<std::string, Json>;

class DoctorTest : public testing::DatabaseTest {
protected:
    struct Visit {
        ExitCode exit_code = ExitCode::ok;
        std::string out;
        std::string err;
    };

    static Visit visit(const DoctorOptions& options) {
        std::istringstream in;
        std::ostringstream out;
        std::ostringstream err;
        const TaskConsole console{.in = in, .out = out, .err = err, .traits = [] {
                                      return TerminalTraits{};
                                  }};
        const auto exit_code = run_doctor(options, console);
        return {exit_code, out.str(), err.str()};
    }

    static Findings findings(const std::string& conninfo) {
        const auto seen = visit({.database_url = conninfo, .json = true});
        Findings findings;
        if (seen.out.empty()) {
            ADD_FAILURE() << seen.err;
            return findings;
        }
        const auto document = Json::parse(seen.out);
        EXPECT_EQ(document.at("healthy").get<bool>(), seen.exit_code == ExitCode::ok);
        for (const auto& finding : document.at("findings")) {
            findings.emplace(finding.at("id").get<std::string>(), finding);
        }
        return findings;
    }

    Findings findings() const { return findings(conninfo()); }

    /// A host of this program's version, as if it had registered.
    void add_host(const std::string& state, const std::string& lease) {
        sql().exec(
            "INSERT INTO tenon.hosts (name, roles, version, state, beat_at, lease_until) "
            "VALUES ('box', '{orchestration,worker}', '0.1.0', '" +
            state + "', clock_timestamp() - interval '30 s', clock_timestamp() + interval '" +
            lease + "')"
        );
    }
};

TEST_F(DoctorTest, FindsNothingWhereHostsLive) {
    add_host("live", "8 s");
    // But that the tests' server is not made to last, and says so.
    const auto found = findings();
    EXPECT_THAT(found, ::testing::ElementsAre(Key("not-durable")));
    EXPECT_EQ(found.at("not-durable").at("what"), "fsync is off");
}

TEST_F(DoctorTest, MissesHostsAndSaysWhatThatMeans) {
    const auto seen = visit({.database_url = conninfo()});
    EXPECT_EQ(seen.exit_code, ExitCode::task_failed);
    EXPECT_THAT(seen.out, HasSubstr("error (no-worker): no live host has the role worker\n"));
    EXPECT_THAT(seen.out, HasSubstr("    means: no step runs\n"));
    EXPECT_THAT(seen.out, HasSubstr("    fix: start one: tenon host --role worker\n"));
}

TEST_F(DoctorTest, FindsAHostThatGaveNoSignOfLife) {
    add_host("live", "-22 s");
    const auto found = findings();
    ASSERT_THAT(found, Contains(Key("unreachable-host")));
    EXPECT_THAT(found.at("unreachable-host").at("what").get<std::string>(), HasSubstr("(box, "));
    add_host("lost", "-22 s");
    EXPECT_THAT(findings(), Contains(Key("lost-host")));
}

TEST_F(DoctorTest, FindsASchemaThatIsNotThisBuilds) {
    sql().exec("UPDATE tenon.schema_migrations SET checksum = 'other' WHERE version = 5");
    EXPECT_THAT(findings(), Contains(Key("schema-drift")));
    const testing::TestDatabase empty(testing::TestDatabase::Content::empty);
    const auto found = findings(empty.conninfo());
    ASSERT_THAT(found, Contains(Key("schema-pending")));
    EXPECT_THAT(found.at("schema-pending").at("what").get<std::string>(), HasSubstr("0001 pgmq"));
    EXPECT_THAT(found, Not(Contains(Key("no-worker"))));
}

TEST_F(DoctorTest, FindsATableOfDeadRows) {
    {
        testing::SqlSession writer(conninfo());
        writer.exec("CREATE TABLE pgmq.q_doctor (n integer) WITH (autovacuum_enabled = off)");
        writer.exec("INSERT INTO pgmq.q_doctor SELECT generate_series(1, 20000)");
        writer.exec("DELETE FROM pgmq.q_doctor WHERE n > 100");
    }
    ASSERT_TRUE(eventually([&] { return findings().contains("bloat"); }, 20s));
    EXPECT_EQ(
        findings().at("bloat").at("what"),
        "pgmq.q_doctor has 19900 dead rows beside 100 live ones, never vacuumed"
    );
}

TEST_F(DoctorTest, SeesWhoHoldsVacuumBack) {
    testing::SqlSession sleeper(conninfo());
    sleeper.exec("BEGIN");
    sleeper.value("SELECT txid_current()");
    database::InspectionRepository database(conninfo());
    const auto holders = database.holders(0s);
    ASSERT_FALSE(holders.empty());
    EXPECT_EQ(holders.front().kind, "transaction");
    EXPECT_THAT(holders.front().who, HasSubstr(std::to_string(sleeper.backend_pid())));
    EXPECT_THAT(holders.front().who, HasSubstr("idle in transaction"));
    EXPECT_TRUE(database.holders(300s).empty());
}

TEST_F(DoctorTest, FindsAReplicationSlotThatNobodyReads) {
    sql().exec("SELECT pg_create_physical_replication_slot('" + std::string("tenon_doctor") + "')");
    const auto found = findings();
    sql().exec("SELECT pg_drop_replication_slot('tenon_doctor')");
    ASSERT_THAT(found, Contains(Key("replication-slot")));
    EXPECT_THAT(
        found.at("replication-slot").at("what").get<std::string>(),
        HasSubstr("tenon_doctor (physical, nobody reads it)")
    );
}

TEST_F(DoctorTest, FindsAHostThatDoesNotAnswer) {
    const auto seen = visit({.url = "http://127.0.0.1:1", .json = true});
    EXPECT_EQ(seen.exit_code, ExitCode::task_failed);
    EXPECT_EQ(Json::parse(seen.out).at("findings").at(0).at("id"), "host-unreachable");
}

TEST_F(DoctorTest, SaysThatThereIsNothingToLookAt) {
    const auto nothing = visit({});
    EXPECT_EQ(nothing.exit_code, ExitCode::usage);
    EXPECT_THAT(nothing.err, HasSubstr("--database-url (TENON_DATABASE_URL)"));
    const auto nowhere = visit({.database_url = "postgresql://127.0.0.1:1/x"});
    EXPECT_EQ(nowhere.exit_code, ExitCode::task_failed);
    EXPECT_THAT(nowhere.out, HasSubstr("error (database-unreachable): cannot reach PostgreSQL at"));
    EXPECT_THAT(nowhere.out, HasSubstr("127.0.0.1:1"));
}

TEST_F(DoctorTest, HasAListOfHostsWithoutAnyHost) {
    add_host("live", "8 s");
    add_host("lost", "-20 s");
    const auto list = [&](const std::string& state) {
        std::istringstream in;
        std::ostringstream out;
        std::ostringstream err;
        const TaskConsole console{.in = in, .out = out, .err = err, .traits = [] {
                                      return TerminalTraits{};
                                  }};
        const HostListOptions options{.database_url = conninfo(), .state = state, .json = true};
        EXPECT_EQ(list_hosts(options, console), ExitCode::ok) << err.str();
        return Json::parse(out.str()).at("hosts");
    };
    ASSERT_EQ(list("live").size(), 1U);
    EXPECT_EQ(list("live").at(0).at("name"), "box");
    EXPECT_EQ(list("live").at(0).at("roles"), "orchestration,worker");
    EXPECT_EQ(list("lost").size(), 1U);
    EXPECT_EQ(list("all").size(), 2U);
}

}  // namespace
}  // namespace tenon::app
