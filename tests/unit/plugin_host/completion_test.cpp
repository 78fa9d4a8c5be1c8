// Calls that answer TENON_PENDING, and handles that are used when they should not.

#include "fake_services.hpp"
#include "plugin_host/calls/call_handle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace tenon::plugin_host {
namespace {

using namespace std::chrono_literals;

std::thread helper;  // Of the one pending call of a test; joined by it.

template <class Work>
tenon_status pending_until(Work work) {
    helper = std::thread(work);
    return TENON_PENDING;
}

TEST(Completion, BringsTheResultFromAnotherThread) {
    const auto handler = [](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
        return pending_until([call, step] {
            std::this_thread::sleep_for(20ms);
            step->api->set_result(call, step->context_json);
            step->api->complete(call, TENON_OK);
        });
    };
    StepCall step;
    step.context_json = R"({"answer":42})";
    EXPECT_EQ(std::get<std::string>(outcome(handler, step)), R"({"answer":42})");
    helper.join();
}

TEST(Completion, MayComeBeforeTheHandlerReturns) {
    const auto handler = [](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
        step->api->set_result(call, str("1"));
        const auto first = step->api->complete(call, TENON_OK);
        const auto second = step->api->complete(call, TENON_FAILED);
        return first == TENON_OK && second == TENON_E_STATE ? TENON_PENDING : TENON_FAILED;
    };
    EXPECT_EQ(std::get<std::string>(outcome(handler)), "1");
}

TEST(Completion, IsNoneWithPending) {
    const auto handler = [](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
        const auto refused = step->api->complete(call, TENON_PENDING);
        return refused == TENON_E_INVALID ? TENON_OK : TENON_FAILED;
    };
    EXPECT_EQ(std::get<std::string>(outcome(handler)), "{}");
}

TEST(Completion, FailsYieldsAndStopsAsAHandlerWould) {
    const auto failing = [](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
        return pending_until([call, step] {
            tenon_error error{};
            error.size = sizeof error;
            error.error_code = str("LATER");
            step->api->set_error(call, &error);
            step->api->complete(call, TENON_FAILED);
        });
    };
    EXPECT_EQ(failure(outcome(failing)).error_code, "LATER");
    helper.join();

    FakeServices services;
    services.reason = TENON_CANCEL_SHUTDOWN;
    StepCall step;
    step.services = &services;
    const auto stopping = [](void*, tenon_call* call, const tenon_step* given) -> tenon_status {
        return pending_until([call, given] { given->api->complete(call, TENON_E_CANCELLED); });
    };
    EXPECT_EQ(failure(outcome(stopping, step)).error_code, "CANCELLED");
    helper.join();
}

TEST(Completion, ThatNeverComesIsGivenUpAfterTheCallWasAskedToStop) {
    static std::atomic<tenon_call*> kept;
    static const tenon_call_api* api;
    const auto handler = [](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
        kept = call;
        api = step->api;
        return TENON_PENDING;
    };
    FakeServices services;
    services.reason = TENON_CANCEL_DEADLINE;
    StepCall step;
    step.services = &services;
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(failure(outcome(handler, step)).error_code, "handler_timeout");
    EXPECT_GE(std::chrono::steady_clock::now() - began, 5s);

    const auto late = late_handle_uses();
    EXPECT_EQ(api->complete(kept, TENON_OK), TENON_E_STATE);
    EXPECT_EQ(api->set_result(kept, str("1")), TENON_E_STATE);
    EXPECT_EQ(api->cancel_reason(kept), TENON_CANCEL_TASK);
    EXPECT_EQ(api->get_extension(kept, TENON_EXT_CHECKPOINT), nullptr);
    EXPECT_EQ(late_handle_uses(), late + 4);
}

TEST(CallHandle, OfAnEndedCallIsRefusedWhileOthersRun) {
    static tenon_call* old = nullptr;
    const auto keeping = [](void*, tenon_call* call, const tenon_step*) -> tenon_status {
        old = call;
        return TENON_OK;
    };
    outcome(keeping);
    const auto intruding = [](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
        EXPECT_NE(old, call);
        EXPECT_EQ(step->api->set_result(old, str("\"not mine\"")), TENON_E_STATE);
        return step->api->set_result(call, str("\"mine\""));
    };
    EXPECT_EQ(std::get<std::string>(outcome(intruding)), "\"mine\"");
}

TEST(CallHandle, ThatNoHostGaveOutIsRefused) {
    const auto handler = [](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
        for (const std::uintptr_t number : {std::uintptr_t{0}, ~std::uintptr_t{0}}) {
            auto* invented = reinterpret_cast<tenon_call*>(number);
            EXPECT_EQ(step->api->set_result(invented, str("1")), TENON_E_STATE);
        }
        return step->api->set_result(call, str("2"));
    };
    EXPECT_EQ(std::get<std::string>(outcome(handler)), "2");
}

TEST(CallHandle, EndsOnlyWhenNoThreadIsInAService) {
    const auto handler = [](void*, tenon_call* call, const tenon_step* step) -> tenon_status {
        return pending_until([call, step] {
            for (int i = 0; step->api->log != nullptr && i < 2000; ++i) {
                step->api->log(call, TENON_LOG_INFO, str("line"), str("{}"));
                if (i == 1000) {
                    step->api->complete(call, TENON_OK);
                    return;
                }
            }
        });
    };
    FakeServices services;
    StepCall step;
    step.services = &services;
    EXPECT_EQ(std::get<std::string>(outcome(handler, step)), "{}");
    helper.join();
    EXPECT_EQ(services.lines.size(), 1001U);
}

}  // namespace
}  // namespace tenon::plugin_host
