#include "plugin_host/handler.hpp"

#include "fake_services.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <cstring>
#include <set>
#include <stdexcept>
#include <thread>

namespace tenon::plugin_host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Handler, GivesTheStepAndReturnsTheResultAsItWasWritten) {
    const DependencyView dependencies[] = {{"a", "1"}, {"b", R"("two")"}};
    StepCall step;
    step.step_name = "c";
    step.attempt = 2;
    step.context_json = R"({"n": 6})";
    step.dependencies = dependencies;
    const auto got = outcome(
        [](void*, tenon_call* call, const tenon_step* given) -> tenon_status {
            const auto& second = given->dependencies[1];
            const bool right =
                given->size == sizeof *given && given->attempt == 2 &&
                std::string_view(given->step_name.ptr, given->step_name.len) == "c" &&
                given->dependency_count == 2 &&
                given->dependency_stride == sizeof(tenon_dependency) &&
                std::string_view(second.name.ptr, second.name.len) == "b";
            given->api->set_result(call, str("0"));
            return given->api->set_result(
                call, right ? str("1.50e1 ") : str("\"the step arrived changed\"")
            );
        },
        step
    );
    EXPECT_EQ(std::get<std::string>(got), "1.50e1 ");
}

TEST(Handler, MakesAnEmptyObjectOfSuccessWithoutAResult) {
    const auto got =
        outcome([](void*, tenon_call*, const tenon_step*) -> tenon_status { return TENON_OK; });
    EXPECT_EQ(std::get<std::string>(got), "{}");
}

TEST(Handler, TakesAReservedResult) {
    const auto good = outcome([](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
        char* buffer = nullptr;
        step->api->reserve_result(call, 4, &buffer);
        std::memcpy(buffer, "true", 4);
        return TENON_OK;
    });
    EXPECT_EQ(std::get<std::string>(good), "true");
    const auto bad = outcome([](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
        char* buffer = nullptr;
        return step->api->reserve_result(call, 4, &buffer);
    });
    EXPECT_EQ(failure(bad).error_code, "invalid_result");
}

TEST(Handler, CarriesAFailureAndCleansIt) {
    static const std::string endless(100'000, 'x');
    const auto got =
        failure(outcome([](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
            tenon_error error{};
            error.size = sizeof error;
            error.retryable = TENON_RETRY_ALLOWED;
            error.message = str(std::string_view("bad \xff byte and \0", 16));
            error.error_type = str(endless);
            error.error_code = str("CARD_DECLINED");
            error.context_json = str("not json");
            error.retry_after_ms = 1'000'000'000'000'000'000;
            step->api->set_error(call, &error);
            return TENON_FAILED;
        }));
    EXPECT_EQ(got.message, "bad \uFFFD byte and  ");
    EXPECT_EQ(got.error_type.size(), 128U);
    EXPECT_EQ(got.error_code, "CARD_DECLINED");
    EXPECT_EQ(got.context_json, "");
    EXPECT_EQ(got.retryable, true);
    EXPECT_EQ(got.retry_after, std::chrono::hours(24 * 30));
}

TEST(Handler, LeavesRetryingToTheTemplateUnlessToldOtherwise) {
    const auto got =
        failure(outcome([](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
            tenon_error error{};
            error.size = sizeof error;
            error.retryable = TENON_RETRY_BY_TEMPLATE;
            error.context_json = str(R"( {"card": "visa"})");
            error.retry_after_ms = -1;
            step->api->set_error(call, &error);
            return TENON_FAILED;
        }));
    EXPECT_EQ(got.retryable, std::nullopt);
    EXPECT_EQ(got.retry_after, std::nullopt);
    EXPECT_EQ(got.context_json, R"( {"card": "visa"})");
}

// The result that the handler below writes.
std::string written;  // NOLINT: handlers are C functions and capture nothing.

TEST(Handler, RefusesResultsThatTheDatabaseCouldNotStore) {
    const std::vector<std::pair<std::string, std::string>> refused{
        {"", "invalid JSON"},
        {"{\"a\":1", "invalid JSON at byte 6"},
        {"[1] x", "invalid JSON at byte 4"},
        {"\"\xff\"", "invalid JSON at byte 1"},
        {R"("\u0000")", "invalid JSON"},
        {R"("\ud800")", "invalid JSON"},
        {"NaN", "invalid JSON at byte 0"},
        {std::string(129, '[') + std::string(129, ']'), "invalid JSON at byte 128"},
        {std::string(1'000'000, '['), "invalid JSON at byte 128"},
        {'"' + std::string(8U << 20U, 'x') + '"', "8388610 bytes are more than 8388608"},
    };
    for (const auto& [text, reason] : refused) {
        written = text;
        const auto got =
            failure(outcome([](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
                step->api->set_result(call, str(written));
                return TENON_OK;
            }));
        EXPECT_EQ(got.error_code, "invalid_result") << text.substr(0, 40) << got.message;
        EXPECT_EQ(got.retryable, false);
        EXPECT_THAT(got.message, HasSubstr("the result of test::Handler was refused: " + reason));
    }
    written = std::string(128, '[') + std::string(128, ']');
    const auto deep = outcome([](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
        return step->api->set_result(call, str(written));
    });
    EXPECT_EQ(std::get<std::string>(deep), written);
}

TEST(Handler, ContainsWhateverIsThrown) {
    const auto sentence =
        failure(outcome([](void*, tenon_call*, const tenon_step*) -> tenon_status {
            throw std::runtime_error("boom \xff");
        }));
    EXPECT_EQ(sentence.error_code, "foreign_exception");
    EXPECT_EQ(sentence.message, "test::Handler let an exception out: boom \uFFFD");
    const auto number =
        failure(outcome([](void*, tenon_call*, const tenon_step*) -> tenon_status { throw 42; }));
    EXPECT_EQ(number.message, "test::Handler let an exception out: it is no std::exception");
}

template <tenon_status Status>
StepFailure failure_of_status(FakeServices* services = nullptr) {
    StepCall step;
    step.services = services;
    return failure(
        outcome([](void*, tenon_call*, const tenon_step*) -> tenon_status { return Status; }, step)
    );
}

TEST(Handler, GivesEveryStatusAMeaning) {
    EXPECT_EQ(failure_of_status<TENON_FAILED>().message, "test::Handler failed without a reason");
    EXPECT_EQ(failure_of_status<TENON_YIELD>().error_code, "yield_without_checkpoint");
    EXPECT_EQ(failure_of_status<TENON_YIELD>().retryable, false);
    EXPECT_THAT(
        failure_of_status<TENON_YIELD>().message,
        HasSubstr("test::Handler yielded without a checkpoint")
    );
    EXPECT_EQ(failure_of_status<-77>().message, "test::Handler returned status -77");
}

TEST(Handler, ThatStoppedWhenAskedSaysWhy) {
    FakeServices services;
    services.reason = TENON_CANCEL_TASK;
    const auto cancelled = failure_of_status<TENON_E_CANCELLED>(&services);
    EXPECT_EQ(cancelled.message, "test::Handler stopped: its task was cancelled");
    EXPECT_EQ(cancelled.error_code, "CANCELLED");
    EXPECT_EQ(cancelled.retryable, true);
}

TEST(Handler, ThatStoppedAtItsTimeLimitIsJudgedByItsTemplate) {
    FakeServices services;
    services.reason = TENON_CANCEL_DEADLINE;
    const auto late = failure_of_status<TENON_E_CANCELLED>(&services);
    EXPECT_EQ(late.message, "test::Handler stopped at its time limit");
    EXPECT_EQ(late.error_code, "handler_timeout");
    EXPECT_EQ(late.retryable, std::nullopt);
}

TEST(Handler, GetsTheDescriptorOfItsOwnCall) {
    FakeServices services;
    services.descriptor = 4711;
    StepCall step;
    step.services = &services;
    const auto got = outcome(
        [](void*, tenon_call* call, const tenon_step* given) -> tenon_status {
            const auto* extension = static_cast<const tenon_cancel_fd*>(
                given->api->get_extension(call, TENON_EXT_CANCEL_FD)
            );
            const auto text = std::to_string(extension->get(call));
            return given->api->set_result(call, str(text));
        },
        step
    );
    EXPECT_EQ(std::get<std::string>(got), "4711");
}

TEST(Handler, HasNoExtensionThatItsHostCannotServe) {
    const auto none = outcome(
        [](void*, tenon_call* call, const tenon_step* given) -> tenon_status {
            const bool any = given->api->get_extension(call, TENON_EXT_CANCEL_FD) != nullptr ||
                             given->api->get_extension(call, TENON_EXT_CHECKPOINT) != nullptr ||
                             given->api->get_extension(call, nullptr) != nullptr;
            return given->api->set_result(call, str(any ? "true" : "false"));
        },
        StepCall{}
    );
    EXPECT_EQ(std::get<std::string>(none), "false");
}

TEST(Handler, ReachesAncestorsThroughTheServices) {
    FakeServices services;
    services.ancestors.emplace("far", "[1,2]");
    const DependencyView near[] = {{"near", "7"}};
    StepCall step;
    step.services = &services;
    step.dependencies = near;
    const auto got = outcome(
        [](void*, tenon_call* call, const tenon_step* given) -> tenon_status {
            tenon_str far{};
            tenon_str close{};
            tenon_str none{};
            const bool right =
                given->api->result_of(call, str("far"), &far) == TENON_OK &&
                given->api->result_of(call, str("near"), &close) == TENON_OK &&
                given->api->result_of(call, str("stranger"), &none) == TENON_E_NOT_FOUND &&
                given->api->result_of(call, str("broken"), &none) == TENON_E_INTERNAL;
            const auto both =
                "[" + std::string(far.ptr, far.len) + "," + std::string(close.ptr, close.len) + "]";
            return right ? given->api->set_result(call, str(both)) : TENON_FAILED;
        },
        step
    );
    ASSERT_TRUE(std::holds_alternative<std::string>(got)) << failure(got).message;
    EXPECT_EQ(std::get<std::string>(got), "[[1,2],7]");
}

TEST(Handler, PassesLogLinesOnClean) {
    FakeServices services;
    StepCall step;
    step.services = &services;
    outcome(
        [](void*, tenon_call* call, const tenon_step* given) -> tenon_status {
            given->api->log(call, TENON_LOG_WARN, str("low \xc3 stock"), str(R"({"left":3})"));
            given->api->log(call, 99, str("odd"), str("[no object]"));
            return TENON_OK;
        },
        step
    );
    EXPECT_THAT(services.lines, ElementsAre("3|low \uFFFD stock|{\"left\":3}", "4|odd|"));
}

TEST(Handler, OffersNoExtensionAndNoAsynchronousCompletion) {
    const auto got = outcome([](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
        const bool none = step->api->get_extension(call, "tenon.events/1") == nullptr &&
                          step->api->complete(call, TENON_PENDING) == TENON_E_INVALID;
        return step->api->set_result(call, none ? str("true") : str("false"));
    });
    EXPECT_EQ(std::get<std::string>(got), "true");
}

TEST(Handler, NamesItsMethods) {
    auto handler =
        descriptor([](void*, tenon_call*, const tenon_step*) -> tenon_status { return TENON_OK; });
    EXPECT_THAT(LoadedHandler(nullptr, handler).methods(), ElementsAre("call"));
    handler.methods = "charge, refund ,, ";
    EXPECT_THAT(LoadedHandler(nullptr, handler).methods(), ElementsAre("charge", "refund"));
    EXPECT_TRUE(LoadedHandler(nullptr, handler).serves("refund"));
    EXPECT_FALSE(LoadedHandler(nullptr, handler).serves("call"));
}

// Instances are addresses of these bytes; the plugin side of a pool under test.
std::atomic<int> alive{0};

tenon_status create_counted(void*, tenon_str, void** instance, char*, std::uint32_t) {
    *instance = new char;
    ++alive;
    return TENON_OK;
}

void destroy_counted(void* instance) {
    delete static_cast<char*>(instance);
    --alive;
}

TEST(InstancePool, GivesConcurrentCallsInstancesOfTheirOwnAndKeepsThem) {
    auto handler = descriptor(nullptr);
    handler.create = &create_counted;
    handler.destroy = &destroy_counted;
    {
        InstancePool pool(handler);
        void* first = nullptr;
        {
            const auto one = pool.take();
            const auto two = pool.take();
            ASSERT_TRUE(one && two);
            EXPECT_NE(one->get(), two->get());
            first = one->get();
        }
        std::set<void*> again{pool.take()->get()};
        EXPECT_EQ(alive, 2);
        EXPECT_TRUE(again.contains(first));
    }
    EXPECT_EQ(alive, 0);
}

TEST(InstancePool, SharesOneInstanceOfAConcurrentHandler) {
    auto handler = descriptor(nullptr);
    handler.flags = TENON_HANDLER_CONCURRENT;
    handler.create = &create_counted;
    handler.destroy = &destroy_counted;
    InstancePool pool(handler);
    constexpr int callers = 4;
    std::barrier start(callers);
    std::vector<std::jthread> threads;
    std::vector<void*> seen(callers);
    for (std::size_t i = 0; i < callers; ++i) {
        threads.emplace_back([&pool, &start, &seen, i] {
            start.arrive_and_wait();
            seen[i] = pool.take()->get();
        });
    }
    threads.clear();
    EXPECT_EQ(alive, 1);
    EXPECT_EQ(std::set<void*>(seen.begin(), seen.end()).size(), 1U);
}

TEST(Handler, ReportsAnInstanceThatCannotBeMade) {
    auto handler =
        descriptor([](void*, tenon_call*, const tenon_step*) -> tenon_status { return TENON_OK; });
    handler.create = [](void*, tenon_str, void**, char* error, std::uint32_t size) -> tenon_status {
        std::strncpy(error, "no licence", size);
        return TENON_E_INTERNAL;
    };
    const auto got = failure(LoadedHandler(nullptr, handler).invoke({}));
    EXPECT_EQ(got.error_code, "handler_not_created");
    EXPECT_EQ(got.message, "test::Handler could not be created: no licence");
}

}  // namespace
}  // namespace tenon::plugin_host
