// Throws from handlers, with the SDK's shim around them and without.
#include <tenon/plugin.hpp>

TENON_PLUGIN("guest.throwing", "1.0.0");

using tenon::StepContext;
using tenon::StepResult;

namespace {

tenon_status bare(void* /*self*/, tenon_call* /*call*/, const tenon_step* step) {
    if (step->attempt > 1) {
        throw 42;
    }
    throw std::runtime_error("out of the blue");
}

const struct AddBare {
    AddBare() {
        handler.size = sizeof handler;
        handler.callable = "guest::Bare";
        handler.call = &bare;
        tenon::detail::handler_table().push_back(&handler);
    }

    tenon_handler handler{};
} add_bare;

}  // namespace

TENON_STEP("guest::Logic", [](StepContext&) -> StepResult { throw std::logic_error("a bug"); });
TENON_STEP("guest::Number", [](StepContext&) -> StepResult { throw 42; });
TENON_STEP("guest::Memory", [](StepContext&) -> StepResult { throw std::bad_alloc(); });
TENON_STEP("guest::Permanent", [](StepContext&) -> StepResult {
    throw tenon::PermanentError("declined", {.code = "CARD_DECLINED", .type = "PaymentError"});
});
TENON_STEP("guest::Retryable", [](StepContext&) -> StepResult {
    throw tenon::RetryableError(
        "busy", {.retry_after = std::chrono::seconds(2), .context_json = R"({"queue":9})"}
    );
});
TENON_STEP("guest::Invalid", [](StepContext&) -> StepResult {
    return StepResult::raw("{\"unfinished\":");
});
TENON_STEP("guest::Cancelled", [](StepContext& context) -> StepResult {
    context.throw_if_cancelled();
    return "not cancelled";
});
TENON_STEP("guest::Yield", [](StepContext& context) -> StepResult { context.yield(1); });
TENON_STEP("guest::Event", [](StepContext& context) -> StepResult {
    return context.publish("order.paid", 1);
});
