// What running handlers say of how far they are: whose word counts, where it shows, when it goes.

#include "database/repositories/step_repository.hpp"
#include "database/repositories/task_repository.hpp"
#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tenon {
namespace {

using nlohmann::json;
using ::testing::SizeIs;
using testing::succeeded;
using testing::TestHost;

StepProgress word(const ClaimedStep& claim, std::optional<double> fraction, std::string message) {
    return {
        .step = {.task = claim.task, .step_no = claim.step_no, .attempt = claim.attempt},
        .progress = {.fraction = fraction, .message = std::move(message)}
    };
}

class ProgressTest : public testing::StepPathTest {
protected:
    json progress_of(const ClaimedStep& claim) {
        const auto text = database::TaskRepository(pool()).document(claim.task).value();
        return json::parse(text).at("steps").at(claim.step_no - 1U).at("progress");
    }

    std::string rows() { return sql().value("SELECT count(*) FROM tenon.step_progress"); }

    TestHost host{conninfo()};
    database::StepRepository repository{pool()};
};

TEST_F(ProgressTest, OfManyStepsIsStoredInOneCallAndTheLatestIsShown) {
    enroll(testing::islands(3));
    submit("islands");
    const auto claims = host.claim(3);
    ASSERT_THAT(claims, SizeIs(3));
    EXPECT_EQ(progress_of(claims[0]), nullptr);
    repository.report_progress(
        host.id(), {word(claims[2], std::nullopt, R"(a "word" \)"), word(claims[0], 0.1, "begun")}
    );
    repository.report_progress(host.id(), {word(claims[0], 0.25, "a quarter")});
    EXPECT_EQ(progress_of(claims[0]).at("fraction"), 0.25);
    EXPECT_EQ(progress_of(claims[0]).at("message"), "a quarter");
    EXPECT_EQ(progress_of(claims[0]).at("at").get<std::string>().size(), 27U);
    EXPECT_EQ(progress_of(claims[1]), nullptr);
    EXPECT_EQ(progress_of(claims[2]).at("fraction"), nullptr);
    EXPECT_EQ(progress_of(claims[2]).at("message"), R"(a "word" \)");
    EXPECT_EQ(rows(), "2");
    repository.report_progress(host.id(), {});
    EXPECT_EQ(rows(), "2");
}

TEST_F(ProgressTest, IsOfTheAttemptInProgressOnly) {
    enroll(testing::chain(1));
    submit("chain");
    TestHost other(conninfo());
    const auto first = host.claim(1).at(0);
    repository.report_progress(other.id(), {word(first, 0.9, "not mine")});
    EXPECT_EQ(rows(), "0");
    repository.report_progress(host.id(), {word(first, 0.5, "half")});

    host.settle({testing::failed(first, testing::ordinary_failure())});
    EXPECT_EQ(progress_of(first), nullptr);
    release_all();
    const auto second = host.claim(1).at(0);
    EXPECT_EQ(progress_of(second), nullptr) << "what an earlier attempt said is past";
    repository.report_progress(host.id(), {word(first, 0.9, "late")});
    EXPECT_EQ(progress_of(second), nullptr);
    repository.report_progress(host.id(), {word(second, 0.2, "again")});
    EXPECT_EQ(progress_of(second).at("fraction"), 0.2);
}

TEST_F(ProgressTest, GoesWhenItsTaskIsArchived) {
    enroll(testing::chain(1));
    submit("chain");
    const auto claim = host.claim(1).at(0);
    repository.report_progress(host.id(), {word(claim, 1, "done")});
    host.settle({succeeded(claim)});
    EXPECT_EQ(rows(), "1");
    EXPECT_EQ(sql().value("SELECT moved FROM tenon.archive_tasks(NULL, 10, '0 s')"), "1");
    EXPECT_EQ(rows(), "0");
}

}  // namespace
}  // namespace tenon
