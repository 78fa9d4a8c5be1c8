// Steps that fail until a test removes the cause, and steps whose results show what they were
// given.

#include <tenon/plugin.hpp>

#include <fstream>
#include <string>

TENON_PLUGIN("guest.gate", "1.0.0");

namespace gate {

namespace {

/// All results of the step's dependencies together; one without a result counts as 0.
std::int64_t sum_of_dependencies(const tenon::StepContext& context) {
    std::int64_t sum = 0;
    for (const auto name : context.dependency_names()) {
        const auto result = context.dependency(name);
        sum += result.text().empty() ? 0 : result.as<std::int64_t>();
    }
    return sum;
}

}  // namespace

/// The sum of its dependencies and of the number in the file `context.gates`/STEP. Without that
/// file it fails: for good, or in a way that may pass when `initialization.retryable` is true.
class GateHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        const auto gates = context.input<std::string>("gates");
        std::ifstream file(gates + "/" + std::string(context.step_name()));
        std::int64_t number = 0;
        if (file >> number) {
            return sum_of_dependencies(context) + number;
        }
        if (context.initialization_or<bool>("retryable", false)) {
            throw tenon::RetryableError("the gate is shut for now", {.code = "GATE_BUSY"});
        }
        throw tenon::PermanentError("the gate is shut", {.code = "GATE_SHUT"});
    }
};

/// The sum of its dependencies and `initialization.add`.
class SumHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        return sum_of_dependencies(context) + context.initialization_or<std::int64_t>("add", 0);
    }
};

}  // namespace gate

TENON_HANDLER("gate::GateHandler", gate::GateHandler, {.concurrent = true});
TENON_HANDLER("gate::SumHandler", gate::SumHandler, {.concurrent = true});
