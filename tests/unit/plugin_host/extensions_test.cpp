// Checkpoints, heartbeats and events, as they cross the ABI.

#include "fake_services.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace tenon::plugin_host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

tenon_status save(tenon_call* call, const tenon_step* step, std::string_view json) {
    const auto* extension =
        static_cast<const tenon_checkpoint*>(step->api->get_extension(call, TENON_EXT_CHECKPOINT));
    return extension == nullptr ? tenon_status{TENON_E_UNSUPPORTED}
                                : extension->save(call, str(json));
}

tenon_status yield_at_seven(void*, tenon_call* call, const tenon_step* step) {
    const auto saved = save(call, step, R"({"row": 7})");
    return saved == TENON_OK ? tenon_status{TENON_YIELD} : saved;
}

TEST(Extensions, YieldsWithTheCheckpointThatItSaved) {
    FakeServices services;
    StepCall step;
    step.services = &services;
    EXPECT_TRUE(std::holds_alternative<Yielded>(outcome(&yield_at_seven, step)));
    EXPECT_EQ(services.checkpoint, R"({"row": 7})") << "it is passed on as it was written";
}

TEST(Extensions, MayYieldAtTheCheckpointThatItWasGiven) {
    StepCall step;
    step.checkpoint_json = "7";
    const auto yield = [](void*, tenon_call*, const tenon_step*) -> tenon_status {
        return TENON_YIELD;
    };
    EXPECT_TRUE(std::holds_alternative<Yielded>(outcome(yield, step)));
}

TEST(Extensions, DoesNotYieldWithoutAHostThatSavesCheckpoints) {
    EXPECT_EQ(failure(outcome(&yield_at_seven)).error_code, "handler_status");
}

TEST(Extensions, LearnsWhyACheckpointWasNotSaved) {
    FakeServices services;
    StepCall step;
    step.services = &services;
    services.checkpoint_status = CheckpointStatus::unavailable;
    EXPECT_THAT(
        failure(outcome(&yield_at_seven, step)).message,
        HasSubstr("returned status " + std::to_string(TENON_E_INTERNAL))
    );
    services.checkpoint_status = CheckpointStatus::not_ours;
    EXPECT_EQ(failure(outcome(&yield_at_seven, step)).error_code, "CANCELLED");
}

TEST(Extensions, SavesNoCheckpointThatPostgreSQLWouldNotTakeBack) {
    FakeServices services;
    StepCall step;
    step.services = &services;
    const auto hostile = outcome(
        [](void*, tenon_call* call, const tenon_step* given) -> tenon_status {
            const auto size = std::size_t{1024} * 1024;
            const auto status = [&](std::string_view json) {
                return std::to_string(save(call, given, json)) + " ";
            };
            auto all = status("") + status("{") + status("\"\xff\"") + status(R"("\u0000")");
            all += status(std::string(200, '[') + std::string(200, ']'));
            all += status('"' + std::string(size - 1, 'x') + '"');
            all += status(R"("\ud800")") + status(std::string_view("1\0", 2));
            all = '"' + all + '"';
            return given->api->set_result(call, str(all));
        },
        step
    );
    EXPECT_EQ(std::get<std::string>(hostile), R"("-3 -3 -3 -3 -3 -2 -3 -3 ")");
    EXPECT_EQ(services.checkpoint, "") << "none of them reached the database";
    const auto largest = outcome(
        [](void*, tenon_call* call, const tenon_step* given) -> tenon_status {
            const auto size = std::size_t{1024} * 1024;
            return save(call, given, '"' + std::string(size - 2, 'x') + '"');
        },
        step
    );
    EXPECT_EQ(std::get<std::string>(largest), "{}");
    EXPECT_EQ(services.checkpoint.size(), std::size_t{1024} * 1024);
}

TEST(Extensions, BeatsWithWhatIsFitToBeShown) {
    FakeServices services;
    StepCall step;
    step.services = &services;
    const auto beat = [](void*, tenon_call* call, const tenon_step* given) -> tenon_status {
        const auto* extension =
            static_cast<const tenon_heartbeat*>(given->api->get_extension(call, TENON_EXT_HEARTBEAT)
            );
        extension->beat(call, 0.25, str("a quarter"));
        extension->beat(call, -3, str("\xff"));
        extension->beat(call, HUGE_VAL, str(std::string_view("a\0b", 3)));
        extension->beat(call, NAN, {nullptr, 0});
        return extension->beat(call, 1, str(std::string(1000, 'x')));
    };
    EXPECT_EQ(std::get<std::string>(outcome(beat, step)), "{}");
    EXPECT_THAT(
        services.beats,
        ElementsAre(
            "0.250000|a quarter",
            "0.000000|\uFFFD",
            "1.000000|a b",
            "?|",
            "1.000000|" + std::string(256, 'x')
        )
    );
    services.reason = TENON_CANCEL_TASK;
    EXPECT_EQ(failure(outcome(beat, step)).error_code, "CANCELLED");
}

/// Publishes each of `payloads` as `name` and answers with the statuses.
template <class... Payloads>
tenon_status publish_all(
    tenon_call* call,
    const tenon_step* given,
    std::string_view name,
    const Payloads&... payloads
) {
    const auto* extension =
        static_cast<const tenon_events*>(given->api->get_extension(call, TENON_EXT_EVENTS));
    const auto one = [&](std::string_view payload) {
        return std::to_string(extension->publish(call, str(name), str(payload))) + " ";
    };
    return given->api->set_result(call, str('"' + (one(payloads) + ...) + '"'));
}

TEST(Extensions, PublishesEventsThatTheStepDeclares) {
    FakeServices services;
    StepCall step;
    step.services = &services;
    const auto statuses = outcome(
        [](void*, tenon_call* call, const tenon_step* given) {
            return publish_all(
                call, given, "item.shipped", R"({"n": 1})", "2", "", "{", "\"\xff\""
            );
        },
        step
    );
    EXPECT_EQ(std::get<std::string>(statuses), R"("0 0 -3 -3 -3 ")");
    EXPECT_THAT(services.events, ElementsAre(R"({"n": 1})", "2"));

    const auto unknown = outcome(
        [](void*, tenon_call* call, const tenon_step* given) {
            return publish_all(call, given, "item.lost", "1");
        },
        step
    );
    EXPECT_EQ(std::get<std::string>(unknown), '"' + std::to_string(TENON_E_NOT_FOUND) + R"( ")");
    EXPECT_EQ(
        services.lines.back(),
        std::to_string(TENON_LOG_WARN) +
            "|event 'item.lost' is not taken: its template does not declare it; see "
            "publishes_events|"
    );
}

TEST(Extensions, PublishesNoMoreThanACallMay) {
    FakeServices services;
    StepCall step;
    step.services = &services;
    const auto many = outcome(
        [](void*, tenon_call* call, const tenon_step* given) {
            for (int i = 0; i < 64; ++i) {
                publish_all(call, given, "item.shipped", "1");
            }
            return publish_all(call, given, "item.shipped", "1");
        },
        step
    );
    EXPECT_EQ(std::get<std::string>(many), '"' + std::to_string(TENON_E_TOO_LARGE) + R"( ")");
    EXPECT_EQ(services.events.size(), 64U);

    services.events.clear();
    const auto large = outcome(
        [](void*, tenon_call* call, const tenon_step* given) {
            const auto room = std::size_t{256} * 1024 - std::string_view("item.shipped").size();
            const auto half = '"' + std::string(room / 2, 'x') + '"';
            return publish_all(call, given, "item.shipped", half, half, "1");
        },
        step
    );
    EXPECT_EQ(std::get<std::string>(large), "\"0 " + std::to_string(TENON_E_TOO_LARGE) + R"( 0 ")");
    EXPECT_EQ(services.events.size(), 2U) << "what is too large leaves room for what is not";
}

}  // namespace
}  // namespace tenon::plugin_host
