// SIGKILL at random moments under a stream of tasks: everything that was accepted finishes with the
// same values, and every step is settled once.

#include "foundation/http/http_client.hpp"
#include "support/audit.hpp"
#include "support/host_process.hpp"
#include "support/workflows.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <iostream>
#include <random>
#include <set>
#include <thread>

namespace tenon::testing {
namespace {

using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr int kills = 5;
constexpr int burst = 150;  ///< Tasks of each workflow between two kills.

/// Where in a burst the next kill falls. Printed, so that a failure can be looked at again.
class RandomMoments {
public:
    explicit RandomMoments(std::string name) : name_(std::move(name)) {}

    ~RandomMoments() {
        std::cout << name_ << ": seed " << seed_ << ", killed after";
        for (const auto delay : delays_) {
            std::cout << ' ' << delay << " ms";
        }
        std::cout << std::endl;
    }

    RandomMoments(const RandomMoments&) = delete;
    RandomMoments& operator=(const RandomMoments&) = delete;

    void wait() {
        const auto delay = std::uniform_int_distribution(0, 250)(random_);
        delays_.push_back(delay);
        // The moment is what is random here: nothing is waited for.
        std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    }

private:
    std::string name_;
    std::random_device::result_type seed_ = std::random_device{}();
    std::mt19937 random_{seed_};
    std::vector<int> delays_;
};

std::string count(SqlSession& sql, const std::string& condition) {
    return sql.value("SELECT count(*) FROM tenon.workflow_steps WHERE " + condition);
}

/// Every killed host was noticed, and the steps that it had are through: so no step is hit twice,
/// and none runs out of attempts.
bool victims_done(SqlSession& sql, int live_hosts) {
    return sql.value("SELECT count(*) FROM tenon.hosts WHERE state = 'live'") ==
               std::to_string(live_hosts) &&
           count(sql, "attempts > 0 AND state = 'enqueued'") == "0" &&
           count(sql, "attempts > 1 AND state <> 'complete'") == "0";
}

void expect_everything_done(SqlSession& sql, int live_hosts) {
    ASSERT_TRUE(eventually([&] { return open_tasks(sql) == 0; }, 60s))
        << open_tasks(sql) << " tasks are open, " << count(sql, "state = 'in_progress'")
        << " steps in progress, " << count(sql, "state = 'enqueued'") << " enqueued, "
        << count(sql, "state = 'error'") << " in error";
    EXPECT_TRUE(eventually([&] { return victims_done(sql, live_hosts); }));
    EXPECT_THAT(wrong_results(sql), IsEmpty());
    EXPECT_THAT(audit_violations(sql), IsEmpty());
    EXPECT_LE(std::stoi(sql.value("SELECT max(attempts) FROM tenon.workflow_steps")), 2);
    std::cout << sql.value("SELECT count(*) FROM tenon.tasks") << " tasks complete, "
              << count(sql, "attempts > 1") << " steps were rescued, "
              << sql.value("SELECT count(*) FROM tenon.hosts WHERE state = 'lost'")
              << " hosts were lost" << std::endl;
}

class Kill : public DatabaseTest {
protected:
    HostProcess::Options options(const std::string& role) const {
        return {
            .database_url = conninfo(),
            .role = role,
            .plugins = role == "orchestration" ? std::string() : HostProcess::example_plugins(),
            .templates = role == "worker" ? std::string() : HostProcess::example_templates(),
        };
    }

    void settle_down(int live_hosts) {
        EXPECT_TRUE(eventually([&] { return victims_done(sql(), live_hosts); }));
    }

    /// A kill that hits no handler proves little.
    void expect_rescued_steps() {
        EXPECT_NE(count(sql(), "attempts > 1"), "0") << "every kill missed";
    }
};

TEST_F(Kill, OfTheWorkerLosesNothing) {
    RandomMoments moments("worker");
    const auto brain = start_host(options("orchestration"));
    for (int i = 0; i < kills; ++i) {
        const auto hands = start_host(options("worker"));
        settle_down(2);
        submit_burst(sql(), burst);
        moments.wait();
        hands->kill_hard();
    }
    const auto hands = start_host(options("worker"));
    expect_everything_done(sql(), 2);
    expect_rescued_steps();
}

/// Posts tasks of the linear workflow until nobody answers any more; returns those accepted.
std::set<std::string> post_until_refused(const std::string& url) {
    std::set<std::string> accepted;
    HttpClient client({.url = url, .timeout = 5s});
    try {
        while (true) {
            const auto reply = client.post(
                "/v1/tasks",
                R"({"namespace":"linear_workflow","name":"mathematical_sequence",)"
                R"("context":{"even_number":6}})"
            );
            EXPECT_EQ(reply.status, 201U) << reply.body;
            accepted.insert(nlohmann::json::parse(reply.body).at("task_uuid").get<std::string>());
        }
    } catch (const std::exception&) {
        return accepted;  // The host is dead, as it should be.
    }
}

TEST_F(Kill, OfTheOrchestrationLosesNoTaskThatItAccepted) {
    RandomMoments moments("orchestration");
    std::set<std::string> accepted;
    auto hands = std::unique_ptr<HostProcess>();
    for (int i = 0; i < kills; ++i) {
        const auto brain = start_host(options("orchestration"));
        if (!hands) {
            hands = start_host(options("worker"));
        }
        submit_burst(sql(), burst);
        std::set<std::string> posted;
        std::thread client([&, url = brain->url()] { posted = post_until_refused(url); });
        moments.wait();
        brain->kill_hard();
        client.join();
        accepted.merge(posted);
    }
    const auto brain = start_host(options("orchestration"));
    expect_everything_done(sql(), 2);
    EXPECT_THAT(accepted, ::testing::Not(IsEmpty()));
    for (const auto& task : accepted) {
        EXPECT_EQ(task_state(sql(), task), "complete");
    }
}

TEST_F(Kill, OfBothRolesAtOnceLosesNothing) {
    RandomMoments moments("both roles");
    for (int i = 0; i < kills; ++i) {
        const auto brain = start_host(options("orchestration"));
        const auto hands = start_host(options("worker"));
        settle_down(2);
        submit_burst(sql(), burst);
        moments.wait();
        brain->kill_hard();
        hands->kill_hard();
    }
    const auto brain = start_host(options("orchestration"));
    const auto hands = start_host(options("worker"));
    expect_everything_done(sql(), 2);
    expect_rescued_steps();
}

TEST_F(Kill, AfterTheCommitThatBeginsATaskLosesItsStepToTheNextHost) {
    auto mortal = options("all");
    mortal.fault = "step_pump.started:1";
    const auto victim = start_host(mortal);
    post_until_refused(victim->url());
    ASSERT_TRUE(eventually([&] { return victim->exit_code() == 128 + SIGKILL; }));
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM tenon.workflow_step_transitions "
                    "WHERE step_no = 1 AND from_state = 'pending' AND to_state = 'in_progress'"),
        "1"
    );
    const auto next = start_host(options("all"));
    expect_everything_done(sql(), 1);
    expect_rescued_steps();
}

TEST(KillEmbedded, OfAHostAndItsServerLosesNothing) {
    RandomMoments moments("embedded");
    const TemporaryDirectory directory;
    const HostProcess::Options options{
        .data_directory = directory.path() + "/data",
        .templates = HostProcess::example_templates(),
    };
    for (int i = 0; i < kills; ++i) {
        const auto host = start_host(options);
        SqlSession sql(embedded_conninfo(options.data_directory));
        EXPECT_TRUE(eventually([&] { return victims_done(sql, 1); }));
        submit_burst(sql, burst);
        moments.wait();
        host->kill_hard();
    }
    const auto host = start_host(options);
    {
        SqlSession sql(embedded_conninfo(options.data_directory));
        expect_everything_done(sql, 1);
        EXPECT_NE(count(sql, "attempts > 1"), "0") << "every kill missed";
        EXPECT_EQ(sql.value("SELECT count(*) FROM tenon.tasks"), std::to_string(3 * kills * burst));
    }
    EXPECT_EQ(host->stop(), 0) << host->log();
}

}  // namespace
}  // namespace tenon::testing
