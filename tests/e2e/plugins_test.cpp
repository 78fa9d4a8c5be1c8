// Plugins that are replaced while a host runs their handlers, as operators do it.

#include "support/api_contract.hpp"
#include "support/gated_workflows.hpp"
#include "support/host_process.hpp"
#include "support/private_directory.hpp"
#include "support/unruly_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <sstream>

namespace tenon::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

int reloads_wanted() {
    const char* text = std::getenv("TENON_RELOADS");  // NOLINT(concurrency-mt-unsafe)
    return text == nullptr ? 40 : std::max(10, std::atoi(text));
}

class Plugins : public DatabaseTest {
protected:
    Plugins() {
        std::filesystem::create_directory(folder());
        write_template("a");
        write_template("b");
    }

    std::filesystem::path folder() const { return files_.path() / "plugins"; }

    void write_template(const std::string& plugin) const {
        const auto name = plugin + ".yaml";
        std::filesystem::create_directory(files_.path() / "templates");
        files_.write(
            "templates/" + name,
            "name: roll_" + plugin +
                "\nnamespace_name: rolling\nversion: 1.0.0\nsteps:\n  - name: only\n"
                "    handler: {callable: \"rolling::" +
                plugin + "\"}\n"
        );
    }

    /// Puts a build, e.g. "a2", into the place of that plugin's file.
    void deploy(const std::string& build) const {
        const std::filesystem::path guests = TENON_GUEST_DIRECTORY;
        const auto fresh =
            files_.write("fresh.so", read_file(guests / ("rolling_" + build + ".so")));
        std::filesystem::rename(fresh, folder() / (build.substr(0, 1) + ".so"));
    }

    HostProcess& start() {
        host_ = start_host(
            {.database_url = conninfo(),
             .plugins = folder().string(),
             .templates = (files_.path() / "templates").string(),
             .more = {"--plugin-state", (files_.path() / "state").string()}}
        );
        return *host_;
    }

    std::string submit(const std::string& plugin) {
        return submit_task(sql(), {"rolling", "roll_" + plugin, {}}, "{}");
    }

    std::string result(const std::string& task) {
        if (!await_state(sql(), task, "complete")) {
            return "not complete";
        }
        return sql().value(
            "SELECT result #>> '{}' FROM tenon.all_steps WHERE task_uuid = $1", {task}
        );
    }

    std::string answer(const std::string& plugin) { return result(submit(plugin)); }

    Ending tool(std::vector<std::string> words) const {
        words.insert(words.begin(), "plugin");
        words.insert(words.end(), {"--url", host_->url()});
        return run_tenon(std::move(words));
    }

    Json get(const std::string& target) const {
        const auto answer = ApiClient({.url = host_->url()}).get(target);
        EXPECT_EQ(answer.status, 200U) << answer.body;
        return Json::parse(answer.body);
    }

    /// What a host must not gather.
    struct Footprint {
        std::ptrdiff_t mappings = 0;
        std::ptrdiff_t descriptors = 0;
        std::ptrdiff_t threads = 0;
        std::ptrdiff_t resident_kib = 0;
    };

    Footprint footprint() const {
        const auto process = "/proc/" + std::to_string(host_->pid());
        const auto entries = [&](const std::string& name) {
            const std::filesystem::directory_iterator first(process + name);
            return std::distance(first, std::filesystem::directory_iterator());
        };
        const auto maps = read_file(process + "/maps");
        std::istringstream memory(read_file(process + "/statm"));
        std::ptrdiff_t pages = 0;
        memory >> pages >> pages;
        return {
            .mappings = std::ranges::count(maps, '\n'),
            .descriptors = entries("/fd"),
            .threads = entries("/task"),
            .resident_kib = pages * 4
        };
    }

    static std::string text(const Footprint& footprint) {
        return std::to_string(footprint.mappings) + " mappings, " +
               std::to_string(footprint.descriptors) + " descriptors, " +
               std::to_string(footprint.threads) + " threads, " +
               std::to_string(footprint.resident_kib) + " KiB";
    }

    PrivateDirectory files_;
    std::unique_ptr<HostProcess> host_;
};

TEST_F(Plugins, AreUsedByTheNextTaskOnceTheyAreCopiedIntoTheFolder) {
    deploy("a1");
    start();
    EXPECT_EQ(answer("a"), "1.0.0");
    const auto waiting = submit("b");
    ASSERT_TRUE(eventually([this] { return host_->logged("steps are left to other hosts"); }));
    deploy("b1");
    EXPECT_EQ(result(waiting), "1.0.0");
    deploy("a2");
    EXPECT_TRUE(eventually([this] { return answer("a") == "2.0.0"; }));
}

TEST_F(Plugins, AreReloadedRolledBackAndQuarantinedByCommand) {
    deploy("a1");
    start();
    deploy("a2");
    const auto reloaded = tool({"reload", "a.so"});
    EXPECT_EQ(reloaded.out, "guest.rolling.a 2.0.0 is active, generation 2\n") << reloaded.err;
    EXPECT_EQ(answer("a"), "2.0.0");
    EXPECT_THAT(tool({"list"}).out, HasSubstr("guest.rolling.a  2.0.0    2 "));

    const auto back = tool({"rollback", "guest.rolling.a"});
    EXPECT_EQ(back.out, "guest.rolling.a 1.0.0 is active again, as generation 3\n") << back.err;
    EXPECT_EQ(answer("a"), "1.0.0");

    const auto plugin = get("/v1/plugins/guest.rolling.a");
    EXPECT_EQ(plugin.at("version"), "1.0.0");
    EXPECT_EQ(plugin.at("generations").at(1).at("version"), "2.0.0");
    EXPECT_EQ(plugin.at("generations").at(1).at("calls"), 1);
    const std::string sha256 = plugin.at("generations").at(1).at("sha256");

    EXPECT_EQ(tool({"quarantine", sha256, "--reason", "too slow"}).exit_code, 0);
    const auto refused = tool({"reload", "a.so"});
    EXPECT_EQ(refused.exit_code, 4);
    EXPECT_THAT(refused.err, HasSubstr("is in quarantine since"));
    EXPECT_THAT(refused.err, HasSubstr("(too slow)"));
    EXPECT_THAT(tool({"quarantine"}).out, HasSubstr(sha256));
    EXPECT_THAT(tool({"list"}).out, HasSubstr("quarantined: "));

    EXPECT_EQ(tool({"quarantine", sha256, "--release"}).exit_code, 0);
    const auto all = tool({"reload"});
    EXPECT_EQ(all.exit_code, 1);
    EXPECT_THAT(all.err, HasSubstr("is the build that was rolled back: ask for it with tenon"));
    EXPECT_EQ(tool({"reload", "a.so"}).out, "guest.rolling.a 2.0.0 is active, generation 4\n");
    EXPECT_EQ(Json::parse(tool({"list", "guest.rolling.a", "--json"}).out).at("generation"), 4);
}

TEST_F(Plugins, OfWhichNobodyKnowsAreRefusedWithASentence) {
    deploy("a1");
    start();
    EXPECT_EQ(
        tool({"rollback", "guest.rolling.a"}).complaint(),
        "the host refused: no earlier build of guest.rolling.a is kept that could be active again: "
        "deploy one"
    );
    EXPECT_THAT(
        tool({"rollback", "guest.b"}).complaint(), HasSubstr("no plugin guest.b is loaded")
    );
    EXPECT_THAT(tool({"list", "guest.b"}).complaint(), HasSubstr("no plugin guest.b was loaded"));
    EXPECT_THAT(tool({"quarantine", "beef", "--reason", "x"}).complaint(), HasSubstr("SHA-256"));
    EXPECT_THAT(tool({"reload", "/etc/passwd"}).complaint(), HasSubstr("is no .so in a plugin"));
    ApiClient client({.url = host_->url()});
    EXPECT_EQ(client.post("/v1/plugins:reload", R"({"files":"a.so"})").status, 400U);
    const auto sha256 = std::string(64, 'a');
    EXPECT_THAT(
        client.post("/v1/plugins/quarantine", "{\"sha256\":\"" + sha256 + "\"}").body,
        HasSubstr("'reason' is missing in the body")
    );
}

TEST_F(Plugins, AreReloadedOnSighup) {
    deploy("a1");
    start();
    deploy("a2");
    host_->send(SIGHUP);
    EXPECT_TRUE(eventually([this] { return host_->logged("guest.rolling.a 2.0.0 active"); }));
    EXPECT_EQ(answer("a"), "2.0.0");
    EXPECT_TRUE(host_->running());
}

TEST_F(Plugins, InQuarantineStayOutWhenAHostStartsAgainAfterAKill) {
    deploy("a1");
    deploy("b1");
    start();
    deploy("a_faulty");
    ASSERT_EQ(tool({"reload", "a.so"}).exit_code, 0);
    for (int i = 0; i < 4; ++i) {
        submit("a");
    }
    ASSERT_TRUE(eventually([this] {
        return get("/v1/plugins/guest.rolling.a").at("version") == "1.0.0";
    }));
    EXPECT_EQ(answer("a"), "1.0.0");
    host_->kill_hard();
    start();
    const auto plugins = get("/v1/plugins");
    EXPECT_EQ(plugins.at("plugins").size(), 1U);
    EXPECT_EQ(plugins.at("files").at(0).at("state"), "quarantined");
    EXPECT_EQ(plugins.at("quarantine").at(0).at("plugin"), "guest.rolling.a");
    EXPECT_EQ(answer("b"), "1.0.0");
}

TEST_F(Plugins, LoseNoStepOverManyReloadsUnderLoad) {
    deploy("a1");
    deploy("b1");
    start();
    const int wanted = reloads_wanted();
    ApiClient client({.url = host_->url()});
    int version = 1;
    int stale = 0;
    Footprint warm;
    for (int i = 0; i < wanted; ++i) {
        const std::string plugin = i % 2 == 0 ? "a" : "b";
        for (int task = 0; task < 10; ++task) {
            submit("a");
            submit("b");
        }
        if (i == wanted / 5) {
            warm = footprint();
        }
        const bool broken = i % 5 == 4;
        if (broken) {
            files_.write("plugins/" + plugin + ".so", "broken " + std::to_string(i));
        } else {
            version += i % 2 == 0 ? 1 : 0;
            deploy(plugin + std::to_string(version % 5 + 1));
        }
        const auto answered = client.post("/v1/plugins:reload", "{\"file\":\"" + plugin + ".so\"}");
        EXPECT_EQ(answered.status, broken ? 400U : 200U) << answered.body;
        if (!broken && i % 10 == 0) {
            stale += answer(plugin) == std::to_string(version % 5 + 1) + ".0.0" ? 0 : 1;
        }
    }
    ASSERT_TRUE(eventually([this] { return open_tasks(sql()) == 0; }));
    const auto count = [this](const std::string& where) {
        return sql().value("SELECT count(*) FROM tenon.all_steps WHERE " + where);
    };
    const auto again = count("attempts <> 1");
    std::cout << wanted << " reloads, " << count("true") << " steps, " << again
              << " took more than one attempt, " << stale << " stale\nafter a fifth: " << text(warm)
              << "\nat the end:    " << text(footprint()) << '\n';
    EXPECT_LE(footprint().mappings, warm.mappings + 30);
    EXPECT_LE(footprint().descriptors, warm.descriptors + 4);
    // The handler pool grows with what is under way, and not with reloads.
    EXPECT_LE(footprint().threads, warm.threads + 16);
    EXPECT_LE(footprint().resident_kib, warm.resident_kib + 16384);
    EXPECT_EQ(again, "0");
    EXPECT_EQ(stale, 0);
    EXPECT_EQ(count("state <> 'complete'"), "0");
}

// Who reads an attempt later wants to know its build, whatever the weather was when that came.
TEST_F(Plugins, AreWrittenDownBesideTheirHostAlsoWhenItsConnectionBreaksMeanwhile) {
    deploy("a1");
    start();
    const auto known = [this] {
        return sql().value(
            "SELECT count(*) FROM tenon.host_plugins WHERE plugin = 'guest.rolling.a'"
        );
    };
    EXPECT_TRUE(eventually([&] { return known() == "1"; }));
    sql().exec(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'tenon presence'"
    );
    deploy("a2");
    EXPECT_TRUE(eventually([&] { return known() == "2"; })) << host_->log();
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM tenon.host_plugins WHERE sha256 !~ '^[0-9a-f]{64}$'"), "0"
    );
}

// A long call on the old build ends when it is asked to, and the step begins anew on the new one.
TEST_F(Plugins, ACallThatOutlivesItsBuildIsAskedToStopAndItsStepGoesToTheNewOne) {
    const UnrulyWorkflows unruly;
    const auto build = read_file(UnrulyWorkflows::plugins() + "/unruly.so");
    files_.write("plugins/unruly.so", build);
    auto host = start_host(
        {.database_url = conninfo(),
         .plugins = folder().string(),
         .templates = unruly.templates(),
         .more = {"--plugin-state", (files_.path() / "state").string(), "--plugin-drain-ms", "100"}}
    );
    const auto task = unruly.submit(sql(), "obedient");
    ASSERT_TRUE(eventually([&] { return unruly.calls("obedient").size() == 1; }));
    // Further bytes after the image: another build that does the same.
    std::filesystem::rename(files_.write("fresh.so", build + "2"), folder() / "unruly.so");
    EXPECT_TRUE(eventually([&] {
        return sql().value(
                   "SELECT count(*) FROM tenon.workflow_step_transitions "
                   "WHERE reason = 'stopped for a newer build'"
               ) == "1";
    })) << host->log();
    unruly.open_gate();
    EXPECT_TRUE(await_state(sql(), task, "complete"));
    EXPECT_EQ(sql().value("SELECT attempts FROM tenon.all_steps"), "1")
        << "the first is not counted";
    const auto asked = run_tenon({"task", "audit", task, "only", "--json", "--url", host->url()});
    ASSERT_EQ(asked.exit_code, 0) << asked.err;
    const auto audit = Json::parse(asked.out);
    std::vector<std::string> builds;
    for (const auto& change : audit) {
        if (!change["plugin"].is_null()) {
            EXPECT_EQ(change["plugin"]["id"], "guest.unruly");
            EXPECT_EQ(change["plugin"]["version"], "1.0.0");
            builds.push_back(change["plugin"]["sha256"]);
        }
    }
    ASSERT_EQ(builds.size(), 2U) << audit;
    EXPECT_NE(builds[0], builds[1]);
    EXPECT_THAT(
        run_tenon({"task", "audit", task, "only", "--url", host->url()}).out,
        HasSubstr("guest.unruly 1.0.0 " + builds[1].substr(0, 12))
    );
    EXPECT_EQ(host->stop(), 0) << host->log();
}

}  // namespace
}  // namespace tenon::testing
