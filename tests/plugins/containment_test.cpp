// Plugins that get in: what their handlers do to a step stays with that step.

#include "plugin_host/plugin_registry.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon::plugin_host {
namespace {

namespace fs = std::filesystem;

class Stopping : public CallServices {
public:
    std::optional<std::string> result_of(std::string_view /*step_name*/) override { return {}; }

    std::int32_t cancel_reason() const noexcept override { return TENON_CANCEL_SHUTDOWN; }

    int cancel_descriptor() noexcept override { return -1; }

    CheckpointStatus save_checkpoint(std::string_view /*json*/) override {
        return CheckpointStatus::unavailable;
    }

    bool beat(std::optional<double>, std::string) override { return false; }

    void log(std::int32_t, std::string_view, std::string_view) override {}
};

class Containment : public ::testing::Test {
protected:
    void load(const std::string& name) {
        const auto loaded = registry_.load(fs::path(TENON_GUEST_DIRECTORY) / (name + ".so"));
        ASSERT_TRUE(loaded) << loaded.error().detail;
    }

    StepOutcome invoke(std::string_view callable, StepCall step = {}) {
        const auto handler = registry_.resolve(callable);
        EXPECT_TRUE(handler) << handler.error().detail;
        return (*handler)->invoke(step);
    }

    std::string result(std::string_view callable, StepCall step = {}) {
        const auto outcome = invoke(callable, step);
        const auto* failed = std::get_if<StepFailure>(&outcome);
        return failed == nullptr ? std::get<std::string>(outcome) : "failed: " + failed->message;
    }

    StepFailure failure(std::string_view callable, StepCall step = {}) {
        auto outcome = invoke(callable, step);
        EXPECT_TRUE(std::holds_alternative<StepFailure>(outcome)) << callable;
        return std::get<StepFailure>(std::move(outcome));
    }

    tenon::testing::PrivateDirectory files_;
    PluginRegistry registry_{{.snapshot_directory = files_.path() / "snapshots"}};
};

TEST_F(Containment, OfEverythingAHandlerThrows) {
    load("throwing");
    const auto logic = failure("guest::Logic");
    EXPECT_EQ(logic.message, "a bug");
    EXPECT_EQ(logic.error_code, "UNHANDLED_EXCEPTION");
    EXPECT_EQ(logic.retryable, std::nullopt);
    EXPECT_EQ(failure("guest::Number").error_code, "UNHANDLED_EXCEPTION");
    EXPECT_EQ(failure("guest::Memory").error_code, "OUT_OF_MEMORY");
    EXPECT_EQ(failure("guest::Memory").retryable, true);

    const auto bare = failure("guest::Bare");
    EXPECT_EQ(bare.error_code, "foreign_exception");
    EXPECT_EQ(bare.message, "guest::Bare let an exception out: out of the blue");
    StepCall second;
    second.attempt = 2;
    EXPECT_EQ(failure("guest::Bare", second).error_code, "foreign_exception");
}

TEST_F(Containment, KeepsWhatAHandlerSaysAboutItsFailure) {
    load("throwing");
    const auto permanent = failure("guest::Permanent");
    EXPECT_EQ(permanent.message, "declined");
    EXPECT_EQ(permanent.error_code, "CARD_DECLINED");
    EXPECT_EQ(permanent.error_type, "PaymentError");
    EXPECT_EQ(permanent.retryable, false);
    const auto retryable = failure("guest::Retryable");
    EXPECT_EQ(retryable.error_code, "RETRYABLE_ERROR");
    EXPECT_EQ(retryable.retryable, true);
    EXPECT_EQ(retryable.retry_after, std::chrono::seconds(2));
    EXPECT_EQ(retryable.context_json, R"({"queue":9})");
}

TEST_F(Containment, OfResultsThatAreNoJson) {
    load("throwing");
    const auto invalid = failure("guest::Invalid");
    EXPECT_EQ(invalid.error_code, "invalid_result");
    EXPECT_EQ(invalid.retryable, false);
    EXPECT_THAT(
        invalid.message,
        ::testing::StartsWith("the result of guest::Invalid was refused: invalid JSON at byte 14")
    );
}

TEST_F(Containment, SaysWhyAStepWasCancelled) {
    load("throwing");
    EXPECT_EQ(result("guest::Cancelled"), R"("not cancelled")");
    Stopping stopping;
    StepCall step;
    step.services = &stopping;
    const auto cancelled = failure("guest::Cancelled", step);
    EXPECT_EQ(cancelled.error_code, "CANCELLED");
    EXPECT_EQ(cancelled.message, "guest::Cancelled stopped: the host shuts down");
    EXPECT_EQ(cancelled.retryable, true);
}

TEST_F(Containment, OfWhatThisHostDoesNotOffer) {
    load("throwing");
    EXPECT_EQ(failure("guest::Yield").error_code, "CHECKPOINT_UNSUPPORTED");
    EXPECT_EQ(result("guest::Event"), "false");
}

TEST_F(Containment, RunsPluginsOfANewerMinorAndOfTwoMajors) {
    load("newer_minor");
    load("both_majors");
    EXPECT_EQ(result("guest::NewerMinor"), "true");
    EXPECT_EQ(result("guest::NextMajor"), "{}");
}

TEST_F(Containment, CallsAnExportedFunctionByLibraryAndSymbol) {
    load("direct_symbol");
    StepCall step;
    step.step_name = R"("named")";
    EXPECT_EQ(result("direct_symbol#tenon_step_direct", step), R"("named")");
    EXPECT_EQ(result("guest::Declared"), "{}");
    const auto missing = registry_.resolve("direct_symbol#tenon_step_indirect");
    ASSERT_FALSE(missing);
    EXPECT_EQ(
        missing.error().detail,
        "no plugin provides direct_symbol#tenon_step_indirect "
        "(did you mean 'direct_symbol#tenon_step_direct'?): loaded are guest.direct_symbol"
    );
}

}  // namespace
}  // namespace tenon::plugin_host
