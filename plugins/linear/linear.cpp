// Four steps in a chain: n², + constant, × factor, ÷ divisor. Input 6 gives 36, 46, 138, 69.

#include <tenon/plugin.hpp>

TENON_PLUGIN("com.tenon.linear", "1.0.0");

namespace linear {

using tenon::ExactInteger;
using tenon::StepContext;
using tenon::StepResult;

namespace {

[[noreturn]] void refuse_overflow(std::string_view operation) {
    throw tenon::ValidationError(
        "context.even_number is too large: " + std::string(operation) + " leaves the 64-bit range"
    );
}

}  // namespace

class LinearStep1Handler : public tenon::StepHandler {
    StepResult call(StepContext& context) override {
        const auto n = context.input<std::int64_t>("even_number");
        if (n <= 0 || n % 2 != 0) {
            context.context().at("even_number").fail("a positive even integer");
        }
        std::int64_t square = 0;
        if (__builtin_mul_overflow(n, n, &square)) {
            refuse_overflow("its square");
        }
        return ExactInteger{square};
    }
};

class LinearStep2Handler : public tenon::StepHandler {
    StepResult call(StepContext& context) override {
        const auto previous = context.dependency<ExactInteger>("linear_step_1").value;
        const auto constant = context.initialization_or<std::int64_t>("constant", 10);
        std::int64_t sum = 0;
        if (__builtin_add_overflow(previous, constant, &sum)) {
            refuse_overflow("linear_step_1 + constant");
        }
        return ExactInteger{sum};
    }
};

class LinearStep3Handler : public tenon::StepHandler {
    StepResult call(StepContext& context) override {
        const auto previous = context.dependency<ExactInteger>("linear_step_2").value;
        const auto factor = context.initialization_or<std::int64_t>("factor", 3);
        std::int64_t product = 0;
        if (__builtin_mul_overflow(previous, factor, &product)) {
            refuse_overflow("linear_step_2 × factor");
        }
        return ExactInteger{product};
    }
};

class LinearStep4Handler : public tenon::StepHandler {
    StepResult call(StepContext& context) override {
        const auto previous = context.dependency<ExactInteger>("linear_step_3").value;
        const auto divisor = context.initialization_or<std::int64_t>("divisor", 2);
        if (divisor == 0) {
            context.initialization().at("divisor").fail("a divisor other than 0");
        }
        std::int64_t negated = 0;  // The one quotient that overflows is the minimum over -1.
        if (divisor == -1 && __builtin_sub_overflow(std::int64_t{0}, previous, &negated)) {
            refuse_overflow("linear_step_3 ÷ divisor");
        }
        return ExactInteger{previous / divisor};
    }
};

}  // namespace linear

TENON_HANDLER("linear::LinearStep1Handler", linear::LinearStep1Handler, {.idempotent = true});
TENON_HANDLER("linear::LinearStep2Handler", linear::LinearStep2Handler, {.idempotent = true});
TENON_HANDLER("linear::LinearStep3Handler", linear::LinearStep3Handler, {.idempotent = true});
TENON_HANDLER("linear::LinearStep4Handler", linear::LinearStep4Handler, {.idempotent = true});
