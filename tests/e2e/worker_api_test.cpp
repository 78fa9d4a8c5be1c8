// What a worker says about itself and does when asked, over HTTP.

#include "support/api_contract.hpp"
#include "support/host_process.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tenon::testing {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WorkerApi : public DatabaseTest {
protected:
    void start(std::vector<std::string> more = {}) {
        host = start_host(
            {.database_url = conninfo(),
             .templates = HostProcess::example_templates(),
             .more = std::move(more)}
        );
        client.emplace(HttpClient::Options{.url = host->url()});
    }

    json get(const std::string& path) { return json::parse(client->get(path).body); }

    std::unique_ptr<HostProcess> host;
    std::optional<ApiClient> client;
};

TEST_F(WorkerApi, SaysWhatItDoesAndChangesItsMode) {
    start();
    const auto task = submit_task(sql(), example_workflows().front());
    EXPECT_TRUE(eventually([&] { return task_state(sql(), task) == "complete"; }));
    auto status = get("/v1/worker/status");
    EXPECT_EQ(std::to_string(status.at("host_id").get<int>()), host->host_id());
    EXPECT_EQ(status.at("takes_steps"), true);
    EXPECT_EQ(status.at("steps").at("settled"), 4);
    EXPECT_EQ(status.at("actors").size(), 5U);
    EXPECT_TRUE(eventually([&] { return get("/v1/worker/events").at("listening") == true; }));

    const auto set = client->send("PUT", "/v1/worker/mode", R"({"mode":"PollingOnly"})");
    ASSERT_EQ(set.status, 200U) << set.body;
    EXPECT_EQ(json::parse(set.body).at("mode"), "PollingOnly");
    EXPECT_EQ(get("/v1/worker/events").at("mode"), "PollingOnly");
    EXPECT_EQ(get("/v1/worker/events").at("listening"), false);
    const auto refused = client->send("PUT", "/v1/worker/mode", R"({"mode":"polling"})");
    EXPECT_EQ(refused.status, 400U);
    EXPECT_THAT(refused.body, HasSubstr("PollingOnly, Hybrid or EventDrivenOnly"));
}

TEST_F(WorkerApi, ReportsWhatNothingResolvesAsSoonAsItIsRegistered) {
    start({"--mode", "Hybrid"});
    ASSERT_TRUE(eventually([&] { return get("/v1/worker/events").at("listening") == true; }));
    const std::string yaml =
        "name: order\nnamespace_name: shop\nversion: 1.0.0\nsteps:\n"
        "  - name: pay\n    handler:\n      callable: shop::Pay\n";
    const auto registered = client->post("/v1/templates", yaml);
    ASSERT_EQ(registered.status, 201U) << registered.body;
    const auto unresolved = [&] {
        return get("/v1/worker/status").at("templates").at("unresolved");
    };
    ASSERT_TRUE(eventually([&] { return unresolved().size() == 1; }));
    EXPECT_THAT(
        unresolved().at(0).get<std::string>(),
        HasSubstr("shop/order@1.0.0: step pay: no plugin provides shop::Pay")
    );
    EXPECT_TRUE(host->logged("shop/order@1.0.0 cannot run here: step pay"));
    EXPECT_EQ(get("/v1/worker/templates/shop/order").at("runnable"), false);
    const auto refreshed = client->post("/v1/worker/templates/refresh", R"({"namespace":"shop"})");
    ASSERT_EQ(refreshed.status, 200U) << refreshed.body;
    EXPECT_EQ(json::parse(refreshed.body).at("cannot_run"), 1);
    EXPECT_EQ(client->post("/v1/worker/templates/refresh", R"({"namespace":"bank"})").status, 404U);
}

TEST_F(WorkerApi, ReportsWhatOnlyAnotherPartOfTheChainWouldResolve) {
    start({});
    const auto hinted = [](const std::string& name, const std::string& resolver) {
        return "name: " + name +
               "\nnamespace_name: shop\nversion: 1.0.0\nsteps:\n  - name: pay\n    handler:\n"
               "      callable: linear::LinearStep1Handler\n      resolver: " +
               resolver + "\n";
    };
    ASSERT_EQ(client->post("/v1/templates", hinted("found", "declared")).status, 201U);
    ASSERT_EQ(client->post("/v1/templates", hinted("missed", "symbol")).status, 201U);
    ASSERT_TRUE(eventually([&] {
        return client->get("/v1/worker/templates/shop/missed").status == 200U &&
               get("/v1/worker/status").at("templates").at("unresolved").size() == 1;
    }));
    EXPECT_THAT(
        get("/v1/worker/status").at("templates").at("unresolved").at(0).get<std::string>(),
        HasSubstr("shop/missed@1.0.0: step pay")
    );
    EXPECT_EQ(get("/v1/worker/templates/shop/missed").at("runnable"), false);
    EXPECT_EQ(get("/v1/worker/templates/shop/found").at("runnable"), true);
}

TEST_F(WorkerApi, RunsAStepThatIsAskedFor) {
    start({"--namespaces", "elsewhere"});
    const auto task = submit_task(sql(), example_workflows().front());
    const auto step = sql().value(
        "SELECT tenon.step_uuid(task_uuid, step_no) FROM tenon.workflow_steps "
        "WHERE task_uuid = $1::uuid AND step_no = 1",
        {task}
    );
    const auto path = "/v1/worker/steps/" + step + "/execute";
    const auto other =
        client->post(path, R"({"correlation_id":"01932c07-4b5e-7a3c-9f21-6d0e5b8a0000"})");
    EXPECT_EQ(other.status, 409U) << other.body;
    const auto reply = client->post(path, "");
    ASSERT_EQ(reply.status, 200U) << reply.body;
    EXPECT_EQ(json::parse(reply.body).at("outcome"), "started");
    EXPECT_TRUE(eventually([&] {
        return sql().value(
                   "SELECT state FROM tenon.workflow_steps "
                   "WHERE task_uuid = $1::uuid AND step_no = 1",
                   {task}
               ) == "complete";
    }));
    EXPECT_EQ(client->post(path, "").status, 409U);
    EXPECT_EQ(client->post("/v1/worker/steps/" + task + "/execute", "").status, 400U);
}

}  // namespace
}  // namespace tenon::testing
