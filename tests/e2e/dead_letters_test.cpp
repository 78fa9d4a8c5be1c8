// Tasks that need attention, as operators list, read and settle them.

#include "support/api_contract.hpp"
#include "support/gated_workflows.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tenon::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class DeadLetters : public DatabaseTest {
protected:
    Ending dlq(std::vector<std::string> words) {
        words.insert(words.begin(), "dlq");
        words.insert(words.end(), {"--url", host_->url()});
        return run_tenon(std::move(words));
    }

    Json answer(std::vector<std::string> words) {
        words.emplace_back("--json");
        const auto ending = dlq(std::move(words));
        EXPECT_EQ(ending.exit_code, 0) << ending.err;
        return Json::parse(ending.out);
    }

    HttpReply get(const std::string& target) {
        return ApiClient({.url = host_->url()}).get(target);
    }

    std::string blocked_task(const std::string& name) {
        auto task = gates_.submit(sql(), name);
        EXPECT_TRUE(await_state(sql(), task, "blocked_by_failures"));
        return task;
    }

    const GatedWorkflows gates_;
    std::unique_ptr<HostProcess> host_ = start_host(
        {.database_url = conninfo(),
         .plugins = GatedWorkflows::plugins(),
         .templates = gates_.templates()}
    );
};

TEST_F(DeadLetters, AreListedTheNewestFirstPageByPage) {
    EXPECT_THAT(dlq({"list"}).out, HasSubstr("no dead letters"));
    std::vector<std::string> tasks;
    for (int i = 0; i < 3; ++i) {
        tasks.insert(tasks.begin(), blocked_task("gated"));
    }
    std::vector<std::string> listed;
    std::string cursor;
    for (int pages = 0; pages < 3; ++pages) {
        const auto page = answer({"list", "--limit", "2", "--cursor", cursor});
        for (const auto& entry : page.at("entries")) {
            listed.push_back(entry.at("task_uuid"));
            EXPECT_EQ(entry.at("dlq_reason"), "permanent_failure");
            EXPECT_EQ(entry.at("original_state"), "blocked_by_failures");
            EXPECT_EQ(entry.at("task_state"), "blocked_by_failures");
            EXPECT_EQ(entry.at("name"), "gated");
        }
        if (page.at("next").is_null()) {
            break;
        }
        cursor = page.at("next");
    }
    EXPECT_EQ(listed, tasks);

    const auto shown = dlq({"list"}).out;
    EXPECT_THAT(shown, HasSubstr("task " + tasks.at(0)));
    EXPECT_THAT(shown, HasSubstr("permanent_failure  pending"));
    EXPECT_EQ(get("/v1/dlq?limit=0").status, 400U);
    EXPECT_EQ(get("/v1/dlq?status=odd").status, 400U);
    EXPECT_EQ(get("/v1/dlq?cursor=%27;DROP").status, 400U);
    EXPECT_EQ(get("/v1/dlq?cursor=2026-13-45").status, 400U);
}

TEST_F(DeadLetters, KeepTheTaskAsItWas) {
    const auto task = blocked_task("gated");
    const auto entry = answer({"list"}).at("entries").at(0).at("dlq_entry_uuid").get<std::string>();
    answer({"redrive", task});
    ASSERT_TRUE(await_state(sql(), task, "blocked_by_failures")) << "the gate is shut still";

    const auto document = Json::parse(get("/v1/dlq/entry/" + entry).body);
    EXPECT_EQ(document.at("resolution_status"), "manually_resolved");
    const auto& snapshot = document.at("task_snapshot");
    EXPECT_EQ(snapshot.at("task_uuid"), task);
    EXPECT_EQ(snapshot.at("failed_steps"), 1);
    EXPECT_EQ(snapshot.at("steps").at(1).at("error").at("error_code"), "GATE_SHUT");

    const auto shown = dlq({"show", entry}).out;
    EXPECT_THAT(shown, HasSubstr("permanent_failure"));
    EXPECT_THAT(shown, HasSubstr("GATE_SHUT: the gate is shut"));
    EXPECT_THAT(shown, HasSubstr("tenon task reset-step " + task + " left"));

    ASSERT_TRUE(eventually([&] {
        return answer({"list", "--task", task}).at("entries").size() == 2;
    })) << "blocked again, it is a dead letter again";
    EXPECT_EQ(answer({"list", "--status", "all"}).at("entries").size(), 2U);
    EXPECT_EQ(answer({"list"}).at("entries").size(), 1U);
}

TEST_F(DeadLetters, AreAddedAndSettledByHand) {
    const auto task = gates_.submit(sql(), "strict");
    ASSERT_TRUE(await_state(sql(), task, "complete"));
    const auto added = answer({"add", task, "--notes", "wrong customer", "--by", "ada"});
    const auto entry = added.at("dlq_entry_uuid").get<std::string>();
    const auto document = Json::parse(get("/v1/dlq/entry/" + entry).body);
    EXPECT_EQ(document.at("dlq_reason"), "manual_dlq");
    EXPECT_EQ(document.at("original_state"), "complete");
    EXPECT_THAT(document.at("notes").get<std::string>(), HasSubstr("wrong customer"));

    const auto twice = dlq({"add", task});
    EXPECT_EQ(twice.exit_code, 4);
    EXPECT_THAT(
        twice.complaint(), HasSubstr("among the dead letters already; its entry: " + entry)
    );

    const auto settled = answer(
        {"update", entry, "--status", "cancelled", "--notes", "it was the right one", "--by", "bob"}
    );
    EXPECT_EQ(settled.at("resolution_status"), "cancelled");
    EXPECT_EQ(settled.at("resolved_by"), "bob");
    EXPECT_EQ(settled.at("notes"), "it was the right one");
    EXPECT_EQ(task_state(sql(), task), "complete");

    const auto stats = answer({"stats"});
    EXPECT_EQ(stats.at("total"), 1);
    EXPECT_EQ(stats.at("pending"), 0);
    EXPECT_EQ(stats.at("by_status"), Json({{"cancelled", 1}}));
    EXPECT_THAT(dlq({"stats"}).out, HasSubstr("0 of 1 dead letters are pending\n"));
}

TEST_F(DeadLetters, ThatAreUnknownAreSaidToBe) {
    const std::string nobody = "0192f0c1-7a5b-7c3d-8e9f-123456780000";
    EXPECT_EQ(get("/v1/dlq/entry/" + nobody).status, 404U);
    EXPECT_EQ(get("/v1/dlq/entry/12").status, 400U);
    EXPECT_EQ(Json::parse(get("/v1/dlq/task/" + nobody).body).at("entries"), Json::array());
    EXPECT_EQ(dlq({"add", nobody}).exit_code, 4);
    EXPECT_EQ(dlq({"show", nobody}).exit_code, 4);
    EXPECT_EQ(dlq({"show", "x"}).exit_code, 2);
    EXPECT_EQ(dlq({"redrive", nobody}).exit_code, 4);
    EXPECT_EQ(dlq({"update", nobody, "--status", "cancelled"}).exit_code, 4);
    EXPECT_EQ(dlq({"update", nobody, "--status", "odd"}).exit_code, 2);
}

}  // namespace
}  // namespace tenon::testing
