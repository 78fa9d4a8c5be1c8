#include "database/repositories/template_repository.hpp"
#include "domain/template/compiled_template.hpp"
#include "foundation/error.hpp"
#include "step_path_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <set>
#include <thread>

namespace tenon {
namespace {

using ::testing::HasSubstr;

class RegistrationTest : public testing::StepPathTest {
protected:
    database::TemplateRepository templates{pool()};

    static std::string registration(const TaskTemplate& source) {
        return registration_json(compile(source).value());
    }
};

TEST_F(RegistrationTest, StoresTheGraphAndCreatesTheQueue) {
    auto source = testing::diamond();
    source.steps[3].retry = {
        .retryable = false,
        .max_attempts = 7,
        .backoff = Backoff::fibonacci,
        .backoff_base = std::chrono::milliseconds(200),
        .max_backoff = std::chrono::milliseconds(900)
    };
    enroll(source);
    EXPECT_EQ(
        sql().value(
            "SELECT string_agg(concat_ws(' ', step_no, name, level, dependencies, successors, "
            "ancestors), ', ' ORDER BY step_no) FROM tenon.template_steps"
        ),
        "1 top 0 {} {2,3} {}, 2 left 1 {1} {4} {1}, 3 right 1 {1} {4} {1}, 4 bottom 2 {2,3} {1,2,3}"
    );
    EXPECT_EQ(
        sql().value("SELECT concat_ws(' ', callable, retryable, max_attempts, backoff, "
                    "backoff_base_ms, max_backoff_ms, timeout_ms) "
                    "FROM tenon.template_steps WHERE name = 'bottom'"),
        "test::bottom f 7 fibonacci 200 900 30000"
    );
    EXPECT_EQ(sql().value("SELECT sink_count FROM tenon.task_templates"), "1");
    EXPECT_EQ(queued(), "0");
    EXPECT_EQ(templates.namespaces(), std::vector<std::string>{"steps"});
}

TEST_F(RegistrationTest, EveryStepWithoutSuccessorsIsASink) {
    enroll(testing::islands(5));
    EXPECT_EQ(sql().value("SELECT sink_count FROM tenon.task_templates"), "5");
}

TEST_F(RegistrationTest, TheSameContentAgainIsTheSameTemplate) {
    const auto id = enroll(testing::chain(3));
    EXPECT_EQ(enroll(testing::chain(3)), id);
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.template_steps"), "3");
}

TEST_F(RegistrationTest, OtherContentUnderTheSameVersionIsAConflict) {
    enroll(testing::chain(3));
    try {
        enroll(testing::chain(4));
        ADD_FAILURE() << "a registered version was changed";
    } catch (const Exception& error) {
        EXPECT_EQ(error.code(), ErrorCode::conflict);
        EXPECT_THAT(
            error.what(), AllOf(HasSubstr("steps/chain@1.0.0"), HasSubstr("give it a new version"))
        );
    }
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.template_steps"), "3");
    auto next = testing::chain(4);
    next.version = "1.1.0";
    EXPECT_NO_THROW(enroll(next));
}

TEST_F(RegistrationTest, HostsThatStartAtOnceAgree) {
    constexpr int hosts = 4;
    const auto text = registration(testing::chain(3));
    std::latch ready(hosts);
    std::vector<std::int32_t> ids(hosts);
    std::atomic<int> created = 0;
    {
        std::vector<std::jthread> starting;
        for (auto& id : ids) {
            starting.emplace_back([&] {
                ready.arrive_and_wait();
                const auto registered = templates.register_template(text);
                id = static_cast<std::int32_t>(registered.id);
                created += registered.created ? 1 : 0;
            });
        }
    }
    EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), 1U);
    EXPECT_EQ(created, 1);
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.task_templates"), "1");
    EXPECT_EQ(sql().value("SELECT count(*) FROM pgmq.meta WHERE queue_name = 'steps_queue'"), "1");
}

TEST_F(RegistrationTest, ADefinitionComesBackAsTheTemplateItWas) {
    const auto source = testing::diamond();
    const auto id = enroll(source);
    const auto restored = template_from_definition(templates.definition(id).value()).value();
    EXPECT_EQ(registration_json(restored), registration(source));
    EXPECT_EQ(templates.definition(TemplateId{4711}), std::nullopt);
}

}  // namespace
}  // namespace tenon
