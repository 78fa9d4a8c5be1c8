// Hosts whose plugins run in processes of their own.

#include "support/api_contract.hpp"
#include "support/gated_workflows.hpp"
#include "support/host_process.hpp"
#include "support/private_directory.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <stdlib.h>
#include <string>
#include <vector>

namespace tenon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::json;

class IsolatedPlugins : public DatabaseTest {
protected:
    IsolatedPlugins() {
        std::filesystem::create_directory(files_.path() / "plugins");
        std::filesystem::create_directory(files_.path() / "templates");
        for (const auto& entry :
             std::filesystem::directory_iterator(HostProcess::example_plugins())) {
            take(entry.path());
        }
        take(std::filesystem::path(TENON_GUEST_DIRECTORY) / "captive.so");
        for (const auto& entry :
             std::filesystem::directory_iterator(HostProcess::example_templates())) {
            files_.write("templates/" + entry.path().filename().string(), read_file(entry));
        }
        for (const auto* handler : {"crash_once", "environment", "process", "nap"}) {
            files_.write(
                std::string("templates/") + handler + ".yaml",
                std::string("name: ") + handler +
                    "\nnamespace_name: captive\nversion: 1.0.0\nsteps:\n  - name: only\n"
                    "    handler: {callable: \"captive::" +
                    handler + "\"}\n    retry: {max_attempts: 2, backoff: none}\n"
            );
        }
    }

    void take(const std::filesystem::path& plugin) const {
        if (plugin.extension() == ".so") {
            files_.write("plugins/" + plugin.filename().string(), read_file(plugin));
        }
    }

    HostProcess& start(std::vector<std::string> more = {"--isolation", "process"}) {
        more.insert(more.end(), {"--plugin-state", (files_.path() / "state").string()});
        host_ = start_host(
            {.database_url = conninfo(),
             .plugins = (files_.path() / "plugins").string(),
             .templates = (files_.path() / "templates").string(),
             .more = std::move(more)}
        );
        return *host_;
    }

    std::string submit(const std::string& handler) {
        return submit_task(sql(), {"captive", handler, {}}, "{}");
    }

    std::string result(const std::string& task) {
        if (!await_state(sql(), task, "complete")) {
            return "not complete";
        }
        return sql().value(
            "SELECT result #>> '{}' FROM tenon.all_steps WHERE task_uuid = $1", {task}
        );
    }

    /// The runners that the host tells of, and how many crashed.
    std::pair<std::vector<pid_t>, int> runners() const {
        std::pair<std::vector<pid_t>, int> found;
        const auto answer = ApiClient({.url = host_->url()}).get("/v1/plugins");
        const auto status = Json::parse(answer.body);
        for (const auto& plugin : status.at("plugins")) {
            const auto& build = plugin.at("generations").at(0);
            EXPECT_EQ(plugin.at("isolation"), "process");
            for (const auto& pid : build.at("runners").at("pids")) {
                found.first.push_back(pid);
            }
            found.second += build.at("runners").at("crashed").get<int>();
        }
        return found;
    }

    static bool are_gone(const std::vector<pid_t>& pids) {
        return std::ranges::none_of(pids, [](pid_t pid) {
            return read_file("/proc/" + std::to_string(pid) + "/cmdline")
                       .find("tenon-plugin-runner") != std::string::npos;
        });
    }

    PrivateDirectory files_;
    std::unique_ptr<HostProcess> host_;
};

TEST_F(IsolatedPlugins, GiveTheExactValuesOfTheExampleWorkflows) {
    start();
    submit_burst(sql(), 3);

    ASSERT_TRUE(eventually([this] { return open_tasks(sql()) == 0; })) << host_->log();
    EXPECT_THAT(wrong_results(sql()), IsEmpty());
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.all_steps WHERE attempts <> 1"), "0");
    EXPECT_EQ(runners().second, 0);
}

TEST_F(IsolatedPlugins, ThatCrashCostOneAttemptWhileTheOthersAreServed) {
    start();
    const auto crashing = submit("crash_once");
    submit_burst(sql(), 2);

    EXPECT_EQ(result(crashing), "second time lucky");
    ASSERT_TRUE(eventually([this] { return open_tasks(sql()) == 0; }));
    EXPECT_THAT(wrong_results(sql()), IsEmpty());
    EXPECT_EQ(runners().second, 1);
    EXPECT_TRUE(host_->running());
    const auto audit =
        run_tenon({"task", "audit", crashing, "only", "--json", "--url", host_->url()});
    EXPECT_THAT(audit.out, HasSubstr("ended its runner: SIGABRT"));
}

TEST_F(IsolatedPlugins, SeeNoCredentials) {
    ::setenv("PGPASSWORD", "secret-1", 1);
    ::setenv("TENON_DATABASE_URL", "postgresql://secret-2/", 1);
    start();
    ::unsetenv("PGPASSWORD");
    ::unsetenv("TENON_DATABASE_URL");

    const auto seen = result(submit("environment"));
    EXPECT_THAT(seen, HasSubstr("PATH="));
    EXPECT_THAT(seen, Not(HasSubstr("secret")));
    EXPECT_THAT(seen, Not(HasSubstr("postgres")));
}

TEST_F(IsolatedPlugins, AreShownWithTheirProcesses) {
    start();
    const auto said = result(submit("process"));
    const auto listed = run_tenon({"plugin", "list", "--url", host_->url()});

    EXPECT_THAT(said, ::testing::EndsWith(" " + std::to_string(host_->pid())));
    EXPECT_THAT(listed.out, HasSubstr("isolation"));
    EXPECT_THAT(listed.out, HasSubstr(said.substr(0, said.find(' '))));
}

TEST_F(IsolatedPlugins, EndWithTheirHost) {
    start();
    result(submit("nap"));
    auto pids = runners().first;
    EXPECT_GE(pids.size(), 5U);
    EXPECT_EQ(host_->stop(), 0) << host_->log();
    EXPECT_TRUE(are_gone(pids));

    start();
    pids = runners().first;
    EXPECT_FALSE(are_gone(pids));
    host_->kill_hard();
    EXPECT_TRUE(eventually([&] { return are_gone(pids); }));
}

TEST_F(IsolatedPlugins, ThatNobodyHasAreRefusedByName) {
    const auto refused = run_tenon(
        {"host",
         "--plugins",
         (files_.path() / "plugins").string(),
         "--plugin-state",
         (files_.path() / "state").string(),
         "--plugin-isolation",
         "com.tenon.lineal=process"}
    );
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_THAT(
        refused.err, HasSubstr("--plugin-isolation com.tenon.lineal=process names no loaded plugin")
    );
    EXPECT_THAT(refused.err, HasSubstr("com.tenon.linear"));
}

}  // namespace
}  // namespace tenon::testing
