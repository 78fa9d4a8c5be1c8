// The larger half of it with the C++ SDK. See README.md before touching it.
#include <tenon/plugin.hpp>

TENON_PLUGIN("fossil", "1.0.0");

using tenon::StepContext;
using tenon::StepResult;

TENON_STEP("fossil::Square", [](StepContext& step) -> StepResult {
    const auto number = step.input<std::int64_t>("number");
    step.log(tenon::LogLevel::info, "squared", R"({"language":"c"})");
    return number * number;
});
TENON_STEP("fossil::Fail", [](StepContext&) -> StepResult {
    throw tenon::RetryableError(
        "the gateway is busy",
        {.code = "GATEWAY_BUSY",
         .type = "GatewayError",
         .retry_after = std::chrono::seconds(2),
         .context_json = R"({"queue":9})"}
    );
});
#if !defined(FOSSIL_SMALL)
TENON_STEP("fossil::Chunks", [](StepContext& step) -> StepResult {
    if (const auto checkpoint = step.checkpoint()) {
        return StepResult::raw(std::string(checkpoint->text()));
    }
    step.heartbeat(0.5, "half");
    step.yield(StepResult::raw(R"({"row":7})"));
});
#endif
