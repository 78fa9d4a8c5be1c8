// The commands that people and scripts type, with what they print and how they exit.

#include "support/host_process.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace tenon::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

constexpr auto linear = "linear_workflow/mathematical_sequence";

class TaskCommands : public DatabaseTest {
protected:
    Ending task(std::vector<std::string> words) {
        words.insert(words.begin(), "task");
        words.insert(words.end(), {"--url", host_->url()});
        return run_tenon(std::move(words));
    }

    std::unique_ptr<HostProcess> host_ =
        start_host({.database_url = conninfo(), .templates = HostProcess::example_templates()});
};

TEST_F(TaskCommands, SubmitWaitsForTheResult) {
    const auto done = task({"submit", linear, "--input", example_input, "--wait", "--json"});
    EXPECT_EQ(done.exit_code, 0) << done.err;
    const auto document = Json::parse(done.out);
    EXPECT_EQ(document.at("status"), "complete");
    EXPECT_EQ(document.at("steps").at(3).at("result"), 69);
    EXPECT_EQ(document.at("source_system"), "cli");

    const auto failed = task({"submit", linear, "--input", R"({"even_number": 5})", "--wait"});
    EXPECT_EQ(failed.exit_code, 1) << failed.out;
    EXPECT_THAT(failed.out, HasSubstr("VALIDATION_ERROR"));
    EXPECT_THAT(failed.out, HasSubstr("even_number"));
}

TEST_F(TaskCommands, SubmitNamesTheTaskThatGetShows) {
    const auto submitted = task({"submit", linear, "--input", example_input, "--json"});
    EXPECT_EQ(submitted.exit_code, 0) << submitted.err;
    const auto task_uuid = Json::parse(submitted.out).at("task_uuid").get<std::string>();
    EXPECT_TRUE(eventually([&] { return task_state(sql(), task_uuid) == "complete"; }));

    const auto shown = task({"get", task_uuid, "--json"});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    EXPECT_EQ(Json::parse(shown.out).at("steps").at(3).at("result"), 69);

    const auto picture = task({"get", task_uuid});
    EXPECT_EQ(picture.exit_code, 0) << picture.err;
    for (const auto& [name, value] : example_workflows().front().results) {
        EXPECT_THAT(picture.out, HasSubstr(name));
        EXPECT_THAT(picture.out, HasSubstr(value));
    }
}

TEST_F(TaskCommands, WatchPrintsOneObjectForEachChange) {
    const auto task_uuid = submit_task(sql(), example_workflows().at(2));
    const auto watched = task({"watch", task_uuid, "--json"});
    EXPECT_EQ(watched.exit_code, 0) << watched.err;
    std::vector<Json> events;
    std::istringstream lines(watched.out);
    for (std::string line; std::getline(lines, line);) {
        events.push_back(Json::parse(line));
        EXPECT_EQ(events.back().at("task_uuid"), task_uuid);
    }
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events.back().at("event"), "end");
    EXPECT_EQ(events.back().at("status"), "complete");
    EXPECT_EQ(events.back().at("task").at("completed_steps"), 8);
}

TEST_F(TaskCommands, GraphDrawsTheStepsInTheirStates) {
    const auto task_uuid = submit_task(sql(), example_workflows().at(1));
    ASSERT_TRUE(eventually([&] { return task_state(sql(), task_uuid) == "complete"; }));
    const auto drawn = task({"graph", task_uuid});
    EXPECT_EQ(drawn.exit_code, 0) << drawn.err;
    EXPECT_THAT(drawn.out, StartsWith("diamond_workflow/diamond_pattern@1.0.0 complete\n\n"));
    EXPECT_THAT(drawn.out, HasSubstr("  diamond_end  complete\n"));
    EXPECT_EQ(std::ranges::count(drawn.out, '\n'), 8) << drawn.out;

    const auto mermaid = task({"graph", task_uuid, "--format", "mermaid"});
    EXPECT_THAT(mermaid.out, HasSubstr("s4[\"diamond_end<br>complete\"]"));
    const auto digraph = run_tenon(
        {"template",
         "graph",
         "tree_workflow/hierarchical_tree",
         "--format",
         "dot",
         "--url",
         host_->url()}
    );
    EXPECT_EQ(digraph.exit_code, 0) << digraph.err;
    EXPECT_THAT(digraph.out, HasSubstr("tree_leaf_d\\ntree::TreeLeafDHandler"));
    EXPECT_EQ(std::ranges::count(digraph.out, '>'), 10) << digraph.out;
    EXPECT_EQ(task({"graph", "12"}).exit_code, 2);
}

TEST_F(TaskCommands, ListsShowTasksAndHosts) {
    const auto first = submit_task(sql(), example_workflows().at(0));
    const auto second = submit_task(sql(), example_workflows().at(1));
    ASSERT_TRUE(eventually([&] {
        return task_state(sql(), first) == "complete" && task_state(sql(), second) == "complete";
    }));
    const auto newest = Json::parse(task({"list", "--limit", "1", "--json"}).out);
    ASSERT_EQ(newest.at("tasks").size(), 1U);
    EXPECT_EQ(newest.at("tasks").at(0).at("task_uuid"), second);
    const auto next = newest.at("next").get<std::string>();
    EXPECT_THAT(task({"list", "--cursor", next}).out, HasSubstr(first + "  complete  "));
    const auto chosen = task({"list", "--namespace", "linear_workflow", "--status", "complete"});
    EXPECT_THAT(chosen.out, HasSubstr(first));
    EXPECT_EQ(chosen.out.find(second), std::string::npos) << chosen.out;
    EXPECT_EQ(task({"list", "--status", "error"}).out, "no tasks\n");
    EXPECT_EQ(task({"list", "--status", "sideways"}).exit_code, 4);

    const auto hosts = run_tenon({"host", "list", "--url", host_->url(), "--json"});
    EXPECT_EQ(hosts.exit_code, 0) << hosts.err;
    ASSERT_EQ(Json::parse(hosts.out).at("hosts").size(), 1U);
    EXPECT_EQ(Json::parse(hosts.out).at("hosts").at(0).at("state"), "live");
    const auto direct = run_tenon({"host", "list", "--database-url", conninfo()});
    EXPECT_THAT(direct.out, HasSubstr("orchestration,worker"));
}

TEST_F(TaskCommands, DoctorFindsWhatAHostCannotRun) {
    const auto well =
        run_tenon({"doctor", "--database-url", conninfo(), "--url", host_->url(), "--json"});
    const auto found = Json::parse(well.out).at("findings");
    ASSERT_EQ(found.size(), 1U) << well.out;
    EXPECT_EQ(found.at(0).at("id"), "not-durable") << "the tests' server has fsync off";

    const auto bare = start_host({.database_url = conninfo(), .plugins = ""});
    const auto seen = run_tenon({"doctor", "--url", bare->url(), "--json"});
    EXPECT_EQ(seen.exit_code, 1);
    const auto findings = Json::parse(seen.out).at("findings");
    ASSERT_FALSE(findings.empty()) << seen.out;
    for (const auto& finding : findings) {
        EXPECT_EQ(finding.at("id"), "unresolved-callable");
    }
    EXPECT_THAT(seen.out, HasSubstr("step linear_step_1: "));
}

TEST_F(TaskCommands, SayWhatTheyCannotFindOrRead) {
    const auto unknown = task({"get", "0192f0c1-7a5b-7c3d-8e9f-123456780000"});
    EXPECT_EQ(unknown.exit_code, 4);
    EXPECT_EQ(
        unknown.err,
        "tenon: the host refused: there is no task 0192f0c1-7a5b-7c3d-8e9f-123456780000\n"
    );
    EXPECT_EQ(task({"watch", "0192f0c1-7a5b-7c3d-8e9f-123456780000"}).exit_code, 4);
    EXPECT_EQ(task({"get", "12"}).exit_code, 2);

    const auto nowhere = task({"submit", "nowhere/x", "--input", "{}"});
    EXPECT_EQ(nowhere.exit_code, 4);
    EXPECT_THAT(nowhere.complaint(), StartsWith("the host refused: unknown namespace 'nowhere'"));

    const auto odd =
        task({"submit", "diamond_workflow/diamond_pattern", "--input", R"({"even_number": 5})"});
    EXPECT_EQ(odd.exit_code, 4);
    EXPECT_THAT(odd.complaint(), HasSubstr("even_number"));

    const auto no_json = task({"submit", linear, "--input", "six"});
    EXPECT_EQ(no_json.exit_code, 2);
    EXPECT_THAT(no_json.complaint(), StartsWith("the input is not valid JSON"));

    const auto nobody = run_tenon(
        {"task", "get", "0192f0c1-7a5b-7c3d-8e9f-123456780000", "--url", "http://127.0.0.1:1"}
    );
    EXPECT_EQ(nobody.exit_code, 3);
    EXPECT_THAT(nobody.complaint(), HasSubstr("http://127.0.0.1:1"));
    EXPECT_THAT(nobody.complaint(), HasSubstr("start a host with 'tenon host'"));
}

TEST(OperatorCommands, HaveHelpThatFitsIntoEightyColumns) {
    const std::vector<std::vector<std::string>> commands{
        {"task"},
        {"task", "submit"},
        {"task", "cancel"},
        {"task", "reset-step"},
        {"task", "resolve-step"},
        {"task", "complete-step"},
        {"task", "audit"},
        {"dlq"},
        {"dlq", "list"},
        {"dlq", "show"},
        {"dlq", "add"},
        {"dlq", "update"},
        {"dlq", "redrive"},
        {"dlq", "stats"},
        {"db", "maintain"},
        {"db", "sizes"},
    };
    for (auto words : commands) {
        words.emplace_back("--help");
        const auto help = run_tenon(words);
        EXPECT_EQ(help.exit_code, 0) << words.at(0);
        std::istringstream lines(help.out);
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(line.size(), 80U) << line;
        }
    }
    EXPECT_EQ(run_tenon({"dlq"}).exit_code, 2);
    EXPECT_EQ(run_tenon({"task", "reset-step", "x", "y"}).exit_code, 2) << "the reason is missing";
}

TEST(DbCommands, BringASchemaUpToDateOnce) {
    TestDatabase database(TestDatabase::Content::empty);
    const auto db = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "db");
        words.insert(words.end(), {"--database-url", database.conninfo()});
        return run_tenon(std::move(words));
    };
    const auto before = db({"status", "--json"});
    EXPECT_EQ(before.exit_code, 0) << before.err;
    const auto pending = Json::parse(before.out);
    ASSERT_GE(pending.size(), 10U);
    for (const auto& migration : pending) {
        EXPECT_EQ(migration.at("applied_at"), nullptr) << migration;
    }
    EXPECT_EQ(
        database.sql().value("SELECT count(*) FROM pg_namespace WHERE nspname IN ('tenon', 'pgmq')"
        ),
        "0"
    ) << "to ask is not to change";

    const auto migrated = db({"migrate"});
    EXPECT_EQ(migrated.exit_code, 0) << migrated.err;
    EXPECT_THAT(
        migrated.out, StartsWith("applied " + std::to_string(pending.size()) + " migrations")
    );
    EXPECT_EQ(db({"migrate"}).out, "the schema is up to date\n");
    for (const auto& migration : Json::parse(db({"status", "--json"}).out)) {
        EXPECT_THAT(migration.at("applied_at").dump(), EndsWith("\"")) << migration;
    }
    EXPECT_EQ(database.sql().value("SELECT count(*) FROM tenon.tasks"), "0");
}

TEST(DbCommands, KeepThePeriodsAndShowTheirSizes) {
    TestDatabase database;
    auto& sql = database.sql();
    const auto db = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "db");
        words.insert(words.end(), {"--database-url", database.conninfo()});
        return run_tenon(std::move(words));
    };
    sql.exec("SELECT tenon.make_period(now() - interval '40 days', now() - interval '39 days')");
    const auto old = sql.value("SELECT name FROM tenon.periods ORDER BY begins LIMIT 1");

    const auto kept = db({"maintain", "--keep", "90d", "--json"});
    EXPECT_EQ(kept.exit_code, 0) << kept.err;
    EXPECT_EQ(
        Json::parse(kept.out),
        Json::parse(R"({"archived":0,"made":[],"dropped":[],"open":[],"busy":[]})")
    );
    const auto shown = db({"sizes"});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    EXPECT_THAT(shown.out, HasSubstr("tasks_history"));
    EXPECT_THAT(shown.out, HasSubstr(old));
    EXPECT_THAT(shown.out, HasSubstr(" in all\n"));

    const auto dropped = db({"maintain", "--keep", "30d"});
    EXPECT_EQ(dropped.exit_code, 0) << dropped.err;
    EXPECT_EQ(dropped.out, "dropped periods: " + old + "\n");
    EXPECT_EQ(db({"maintain"}).out, "nothing to do\n");
    const auto sizes = Json::parse(db({"sizes", "--json"}).out);
    int periods_of_tasks = 0;
    for (const auto& size : sizes) {
        EXPECT_GE(size.at("bytes").get<std::int64_t>(), 0);
        EXPECT_NE(size.at("period"), old);
        periods_of_tasks +=
            size.at("relation") == "tasks_history" && size.at("period").is_string() ? 1 : 0;
    }
    EXPECT_EQ(std::to_string(periods_of_tasks), sql.value("SELECT count(*) FROM tenon.periods"));

    const auto odd = db({"maintain", "--keep", "a month"});
    EXPECT_EQ(odd.exit_code, 2);
    EXPECT_EQ(odd.complaint(), "'a month' is no span of time; write it as 30d, 12h, 90m or 45s");
}

TEST(DbCommands, LookAfterNoSchemaThatIsNotThere) {
    TestDatabase database(TestDatabase::Content::empty);
    const auto refused = run_tenon({"db", "maintain", "--database-url", database.conninfo()});
    EXPECT_EQ(refused.exit_code, 5);
    EXPECT_EQ(refused.complaint(), "the schema is not up to date; run 'tenon db migrate' first");
}

TEST(DbCommands, SayWhichDatabaseDoesNotAnswer) {
    const auto failed = run_tenon({"db", "status", "--database-url", "postgresql://127.0.0.1:1/x"});
    EXPECT_EQ(failed.exit_code, 5);
    EXPECT_THAT(failed.complaint(), HasSubstr("127.0.0.1:1"));
}

}  // namespace
}  // namespace tenon::testing
