// What a doctor says of what was seen: pure functions, each with values at both sides of its line.

#include "app/commands/doctor/diagnosis.hpp"

#include "app/version.hpp"

#include <gmock/gmock.h>

namespace tenon::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;
using Repository = database::InspectionRepository;

std::vector<std::string> ids(const Findings& findings) {
    std::vector<std::string> ids;
    for (const auto& finding : findings) {
        ids.push_back(finding.id + ":" + std::string(to_string(finding.severity)));
        EXPECT_FALSE(finding.what.empty()) << finding.id;
        EXPECT_FALSE(finding.meaning.empty()) << finding.id;
        EXPECT_FALSE(finding.fix.empty()) << finding.id;
    }
    return ids;
}

Repository::Server good_server() {
    return {.version = 150003, .connections = 20, .most_connections = 100};
}

Repository::FleetHost live_host() {
    return {
        .host_id = 7,
        .name = "a",
        .roles = "orchestration,worker",
        .version = std::string(version),
        .state = "live",
        .overdue = -6s
    };
}

TEST(DiagnosisTest, SeesAClockThatIsAheadOrBehind) {
    EXPECT_THAT(diagnose_clock({.server = 1000ms, .before = 995ms, .after = 1005ms}), IsEmpty());
    EXPECT_THAT(diagnose_clock({.server = 2000ms, .before = 995ms, .after = 1001ms}), IsEmpty());
    const auto ahead = diagnose_clock({.server = 5000ms, .before = 995ms, .after = 1000ms});
    EXPECT_THAT(ids(ahead), ElementsAre("clock-skew:warning"));
    EXPECT_EQ(ahead[0].what, "the server's clock is 4000 ms ahead of this machine's");
    const auto behind = diagnose_clock({.server = 1000ms, .before = 3500ms, .after = 3501ms});
    EXPECT_EQ(behind.at(0).what, "the server's clock is 2500 ms behind this machine's");
}

TEST(DiagnosisTest, SeesAServerThatIsFarAway) {
    EXPECT_THAT(diagnose_clock({.server = 30ms, .before = 0ms, .after = 49ms}), IsEmpty());
    const auto slow = diagnose_clock({.server = 30ms, .before = 0ms, .after = 80ms});
    EXPECT_THAT(ids(slow), ElementsAre("slow-database:warning"));
    EXPECT_EQ(slow[0].what, "the server took 80 ms for its time");
}

TEST(DiagnosisTest, SeesSettingsOfTheServerThatDoHarm) {
    EXPECT_THAT(diagnose_server(good_server()), IsEmpty());
    auto server = good_server();
    server.version = 140011;
    server.standby = true;
    server.autovacuum = false;
    server.synchronous_commit = "off";
    server.connections = 90;
    EXPECT_THAT(
        ids(diagnose_server(server)),
        ElementsAre(
            "old-server:error",
            "standby:error",
            "autovacuum-off:error",
            "not-durable:warning",
            "connections:warning"
        )
    );
    server = good_server();
    server.connections = 89;
    EXPECT_THAT(diagnose_server(server), IsEmpty());
    server.fsync = false;
    EXPECT_EQ(diagnose_server(server).at(0).what, "fsync is off");
}

TEST(DiagnosisTest, SeesASchemaThatIsNotThisBuilds) {
    EXPECT_THAT(diagnose_schema({}, ""), IsEmpty());
    const auto pending = diagnose_schema({"0021 crashes", "0022 more"}, "");
    EXPECT_THAT(ids(pending), ElementsAre("schema-pending:error"));
    EXPECT_EQ(pending[0].what, "migrations were not applied: 0021 crashes, 0022 more");
    EXPECT_THAT(ids(diagnose_schema({}, "changed since")), ElementsAre("schema-drift:error"));
}

TEST(DiagnosisTest, SeesAPooler) {
    EXPECT_THAT(diagnose_pooler(true, false), IsEmpty());
    EXPECT_THAT(ids(diagnose_pooler(false, false)), ElementsAre("pooler:error"));
    EXPECT_THAT(ids(diagnose_pooler(false, true)), ElementsAre("pooler:note"));
}

TEST(DiagnosisTest, SeesTablesWithMoreDeadRowsThanLiveOnes) {
    EXPECT_THAT(
        diagnose_tables(
            {{.relation = "tenon.tasks", .live = 20'000, .dead = 15'000},
             {.relation = "tenon.due", .live = 1, .dead = 9'999}}
        ),
        IsEmpty()
    );
    const auto bloat = diagnose_tables(
        {{.relation = "tenon.tasks", .live = 100, .dead = 15'000, .vacuumed = 3h},
         {.relation = "tenon.due", .live = 0, .dead = 10'000}}
    );
    EXPECT_THAT(ids(bloat), ElementsAre("bloat:warning", "bloat:warning"));
    EXPECT_EQ(
        bloat[0].what, "tenon.tasks has 15000 dead rows beside 100 live ones, vacuumed 3 h ago"
    );
    EXPECT_THAT(bloat[1].what, HasSubstr("never vacuumed"));
}

TEST(DiagnosisTest, SeesWhatHoldsVacuumBack) {
    const auto findings = diagnose_holders(
        {{.kind = "transaction", .who = "process 5 (bob, psql, active)", .age = 900s},
         {.kind = "prepared", .who = "'x' (bob)", .age = 3600s},
         {.kind = "slot", .who = "s (physical, nobody reads it)"},
         {.kind = "slot", .who = "busy (logical, active)", .transactions = 2'000'000},
         {.kind = "slot", .who = "fine (logical, active)", .transactions = 5}}
    );
    EXPECT_THAT(
        ids(findings),
        ElementsAre(
            "long-transaction:warning",
            "prepared-transaction:error",
            "replication-slot:warning",
            "replication-slot:warning"
        )
    );
    EXPECT_EQ(findings[0].what, "process 5 (bob, psql, active) has a transaction open for 15 min");
}

TEST(DiagnosisTest, SeesHostsThatAreLostOrMissing) {
    EXPECT_THAT(diagnose_hosts({live_host()}), IsEmpty());
    EXPECT_THAT(ids(diagnose_hosts({})), ElementsAre("no-orchestration:error", "no-worker:error"));
    auto silent = live_host();
    silent.overdue = 30s;
    silent.beat = 38s;
    silent.held = 4;
    const auto findings = diagnose_hosts({silent});
    EXPECT_THAT(
        ids(findings),
        ElementsAre("unreachable-host:error", "no-orchestration:error", "no-worker:error")
    );
    EXPECT_EQ(
        findings[0].what,
        "host 7 (a, orchestration,worker) gave no sign of life for 38 s and holds 4 steps"
    );
    auto lost = live_host();
    lost.state = "lost";
    lost.beat = 600s;
    EXPECT_THAT(ids(diagnose_hosts({live_host(), lost})), ElementsAre("lost-host:warning"));
    lost.beat = 5h;
    EXPECT_THAT(diagnose_hosts({live_host(), lost}), IsEmpty());
    auto other = live_host();
    other.version = "0.0.1";
    EXPECT_THAT(ids(diagnose_hosts({live_host(), other})), ElementsAre("mixed-versions:note"));
    auto worker = live_host();
    worker.roles = "worker";
    EXPECT_THAT(ids(diagnose_hosts({worker})), ElementsAre("no-orchestration:error"));
}

TEST(DiagnosisTest, NamesEveryStepThatAHostCannotRun) {
    const auto findings = diagnose_callables({"a/b@1: step x: none", "c"}, "http://h");
    EXPECT_THAT(
        ids(findings), ElementsAre("unresolved-callable:warning", "unresolved-callable:warning")
    );
    EXPECT_EQ(findings[0].what, "http://h cannot run a/b@1: step x: none");
}

}  // namespace
}  // namespace tenon::app
