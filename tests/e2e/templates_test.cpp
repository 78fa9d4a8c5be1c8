// Templates, as operators check, register, list and show them while hosts run.

#include "support/api_contract.hpp"
#include "support/gated_workflows.hpp"
#include "support/host_process.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace tenon::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Json = nlohmann::json;

class Templates : public DatabaseTest {
protected:
    static Ending tool(std::vector<std::string> words) {
        words.insert(words.begin(), "template");
        return run_tenon(std::move(words));
    }

    Ending ask_host(std::vector<std::string> words) {
        words.insert(words.end(), {"--url", host().url()});
        return tool(std::move(words));
    }

    Json answer(std::vector<std::string> words) {
        words.emplace_back("--json");
        const auto ending = ask_host(std::move(words));
        EXPECT_EQ(ending.exit_code, 0) << ending.err;
        return Json::parse(ending.out);
    }

    /// A host with the example plugins and no template.
    HostProcess& host() {
        if (!host_) {
            host_ = start_host({.database_url = conninfo(), .templates = {}});
        }
        return *host_;
    }

    std::string write(const std::string& name, const std::string& text) const {
        const auto path = folder_.path() + "/" + name;
        std::ofstream(path) << text;
        return path;
    }

    /// One step more than the square of the linear example.
    static std::string squares(const std::string& version, int steps = 1) {
        auto text = "name: squares\nnamespace_name: late\nversion: " + version + "\nsteps:\n";
        for (int i = 1; i <= steps; ++i) {
            text += "  - name: square_" + std::to_string(i) +
                    "\n    handler: {callable: \"linear::LinearStep1Handler\"}\n";
        }
        return text;
    }

    std::string folder() const { return folder_.path(); }

private:
    TemporaryDirectory folder_;
    std::unique_ptr<HostProcess> host_;
};

TEST_F(Templates, AreCheckedWithoutAHost) {
    const auto good = write("good.yaml", squares("1.0.0"));
    const auto bad = write("bad.yaml", squares("1.0.0") + "    timeout_second: 3\n");
    const auto both = tool({"check", folder()});
    EXPECT_EQ(both.exit_code, 1);
    EXPECT_EQ(both.out, good + ": late/squares@1.0.0, 1 step\n");
    EXPECT_THAT(both.err, StartsWith(bad + ":7:5: unknown key 'timeout_second'"));
    EXPECT_THAT(both.err, HasSubstr("did you mean 'timeout_seconds'?"));

    const auto json = Json::parse(tool({"check", "--json", bad, good}).out);
    EXPECT_EQ(json.at(0).at("valid"), false);
    EXPECT_EQ(json.at(1).at("template"), "late/squares@1.0.0");
    EXPECT_EQ(json.at(1).at("step_count"), 1);
    EXPECT_EQ(tool({"check", good}).exit_code, 0);
    EXPECT_EQ(tool({"check", folder() + "/nowhere.yaml"}).exit_code, 1);
    EXPECT_EQ(tool({"check"}).exit_code, 2);
}

TEST_F(Templates, RegisteredWhileTheHostRunsAreRunAtOnce) {
    const auto file = write("squares.yaml", squares("1.0.0"));
    EXPECT_THAT(ask_host({"list"}).out, HasSubstr("no templates"));
    const auto first = ask_host({"register", file});
    EXPECT_EQ(first.exit_code, 0) << first.err;
    EXPECT_EQ(first.out, "late/squares@1.0.0 registered\n");
    EXPECT_EQ(ask_host({"register", file}).out, "late/squares@1.0.0 is registered already\n");

    ApiClient client({.url = host().url()});
    const auto submitted = client.post(
        "/v1/tasks", R"({"namespace":"late","name":"squares","context":{"even_number":6}})"
    );
    ASSERT_EQ(submitted.status, 201U) << submitted.body;
    const auto task = Json::parse(submitted.body).at("task_uuid").get<std::string>();
    ASSERT_TRUE(await_state(sql(), task, "complete"));
    EXPECT_EQ(
        sql().value("SELECT result::text FROM tenon.all_steps WHERE task_uuid = $1", {task}), "36"
    );
}

TEST_F(Templates, NeverChangeUnderTheirVersion) {
    answer({"register", write("squares.yaml", squares("1.0.0"))});
    const auto changed = ask_host({"register", write("squares.yaml", squares("1.0.0", 2))});
    EXPECT_EQ(changed.exit_code, 4);
    EXPECT_THAT(
        changed.complaint(),
        HasSubstr("template late/squares@1.0.0 is already registered with other content")
    );
    EXPECT_THAT(changed.complaint(), HasSubstr("give it a new version"));
    ApiClient client({.url = host().url()});
    EXPECT_EQ(client.post("/v1/templates", squares("1.0.0", 2)).status, 409U);

    const auto registered = client.post("/v1/templates", squares("1.0.1", 2));
    EXPECT_EQ(registered.status, 201U);
    EXPECT_EQ(Json::parse(registered.body).at("created"), true);
    EXPECT_EQ(Json::parse(registered.body).at("step_count"), 2);
    EXPECT_EQ(client.post("/v1/templates", squares("1.0.1", 2)).status, 200U);
}

TEST_F(Templates, AreListedAndShown) {
    answer({"register", write("a.yaml", squares("1.9.0")), write("b.yaml", squares("1.10.0", 2))});
    const auto list = answer({"list", "--namespace", "late"});
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list.at(0).at("version"), "1.10.0") << "the newest first, by number";
    EXPECT_EQ(list.at(0).at("callables"), Json({"linear::LinearStep1Handler"}));
    EXPECT_THAT(answer({"list", "--namespace", "nowhere"}), IsEmpty());

    const auto newest = answer({"show", "late/squares"});
    EXPECT_EQ(newest.at("version"), "1.10.0");
    EXPECT_EQ(newest.at("versions"), Json({"1.10.0", "1.9.0"}));
    EXPECT_EQ(newest.at("steps").at(1).at("name"), "square_2");
    EXPECT_EQ(answer({"show", "late/squares@1.9.0"}).at("steps").size(), 1U);
    EXPECT_THAT(ask_host({"show", "late/squares"}).out, HasSubstr("linear::LinearStep1Handler"));

    EXPECT_EQ(ask_host({"show", "late/cubes"}).exit_code, 4);
    EXPECT_EQ(ask_host({"show", "late/squares@2.0.0"}).exit_code, 4);
    EXPECT_EQ(ask_host({"show", "squares"}).exit_code, 2);
    EXPECT_EQ(ask_host({"show", "late/squares?x"}).exit_code, 2);
}

TEST_F(Templates, ThatAreBadAreRefusedWithTheirPlace) {
    ApiClient client({.url = host().url()});
    const auto refused = client.post("/v1/templates", squares("one"));
    EXPECT_EQ(refused.status, 400U);
    EXPECT_THAT(Json::parse(refused.body).at("detail"), StartsWith("template:3:10: "));
    EXPECT_EQ(client.post("/v1/templates", "").status, 400U);
    EXPECT_EQ(client.post("/v1/templates", "\xff\xfe").status, 400U);
    EXPECT_EQ(client.post("/v1/templates", "[[[[[[[").status, 400U);
    const auto file = write("bad.yaml", squares("one"));
    const auto complaint = ask_host({"register", file}).complaint();
    EXPECT_THAT(complaint, HasSubstr(file));
    EXPECT_THAT(complaint, HasSubstr("3:10"));
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.task_templates"), "0");
}

}  // namespace
}  // namespace tenon::testing
