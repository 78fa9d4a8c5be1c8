#include "worker/services/template_cache.hpp"

#include "database/repositories/template_repository.hpp"
#include "foundation/error.hpp"
#include "plugin_host/plugin_registry.hpp"
#include "step_path_fixture.hpp"
#include "worker/services/step_call_services.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace tenon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Real plugins and a real database.
class TemplateCacheTest : public testing::StepPathTest {
protected:
    TemplateCacheTest() {
        const auto plugin = std::filesystem::path(TENON_PLUGIN_DIRECTORY) / "linear.so";
        loaded_ = static_cast<bool>(plugins_.load(plugin));
    }

    void SetUp() override { ASSERT_TRUE(loaded_); }

    /// A chain whose steps name these callables.
    static TaskTemplate naming(const std::vector<std::string>& callables) {
        auto source = testing::chain(callables.size());
        for (std::size_t i = 0; i < callables.size(); ++i) {
            source.steps[i].callable = callables[i];
        }
        return source;
    }

    testing::TemporaryDirectory folder_;
    plugin_host::PluginRegistry plugins_{{.snapshot_directory = folder_.path() + "/snapshots"}};
    bool loaded_ = false;
    database::TemplateRepository templates_{pool()};
    worker::TemplateCache cache{templates_, plugins_};
};

TEST_F(TemplateCacheTest, LoadsATemplateWithItsHandlersOnce) {
    const auto id = enroll(naming({"linear::LinearStep1Handler", "linear::LinearStep2Handler"}));
    const auto known = cache.get(id);
    EXPECT_TRUE(known->runnable());
    EXPECT_EQ(known->compiled.source().name, "chain");
    ASSERT_EQ(known->handlers.size(), 2U);
    EXPECT_EQ(known->handlers[0]->callable(), "linear::LinearStep1Handler");
    EXPECT_EQ(known->handlers[1]->callable(), "linear::LinearStep2Handler");

    sql().exec("DROP TABLE tenon.task_templates CASCADE");
    EXPECT_EQ(cache.get(id), known);
    EXPECT_EQ(cache.refresh(), 1U) << "needs no database";
    EXPECT_TRUE(cache.get(id)->runnable());
    worker::TemplateCache other{templates_, plugins_};
    EXPECT_ANY_THROW(other.get(id));
}

TEST_F(TemplateCacheTest, SaysWhichStepsNobodyHereCanRun) {
    const auto known = cache.get(enroll(naming({"linear::LinearStep1Handler", "no::Such"})));
    EXPECT_FALSE(known->runnable());
    EXPECT_THAT(
        known->unresolved, ElementsAre(AllOf(HasSubstr("step s2: "), HasSubstr("no::Such")))
    );
    EXPECT_EQ(known->handlers.at(1), nullptr);
}

TEST_F(TemplateCacheTest, AnUnknownTemplateIsNotFound) {
    try {
        cache.get(TemplateId{4711});
        ADD_FAILURE() << "a template came from nowhere";
    } catch (const Exception& error) {
        EXPECT_EQ(error.code(), ErrorCode::not_found);
        EXPECT_THAT(error.what(), HasSubstr("4711"));
    }
}

TEST_F(TemplateCacheTest, ACallFindsAncestorsBeyondItsDependencies) {
    enroll(testing::chain(3));
    submit("chain");
    testing::TestHost host(conninfo());
    const auto second =
        host.settle({testing::succeeded(host.claim(1).at(0), "[1,  2]")}, 1).claimed;
    const auto third = host.settle({testing::succeeded(second.at(0), "3")}, 1).claimed.at(0);
    database::StepRepository steps(pool());
    const std::vector<plugin_host::DependencyView> direct{{"s2", "3"}};
    worker::RunningSteps running;
    worker::RunningStep self{};
    worker::StepCallServices services(third, direct, {host.id(), steps, running}, self);
    EXPECT_EQ(services.result_of("s2"), "3");
    EXPECT_EQ(services.result_of("s1"), "[1,  2]");
    EXPECT_EQ(services.result_of("s3"), std::nullopt);
    EXPECT_EQ(services.result_of("nobody"), std::nullopt);

    using plugin_host::CheckpointStatus;
    EXPECT_EQ(services.save_checkpoint("[7]"), CheckpointStatus::saved);
    EXPECT_EQ(of_step(third.task, 3, "checkpoint"), "[7]");
    host.settle({testing::succeeded(third)});
    EXPECT_EQ(services.save_checkpoint("[8]"), CheckpointStatus::not_ours);
}

}  // namespace
}  // namespace tenon
