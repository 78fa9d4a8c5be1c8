// A start, two branches and their join: n², x², x², (b·c)². Input 6 gives 36, 1296, 1296,
// 2821109907456 = 6^16.

#include <tenon/plugin.hpp>

TENON_PLUGIN("com.tenon.diamond", "1.0.0");

namespace diamond {

using tenon::ExactInteger;
using tenon::StepContext;
using tenon::StepResult;

namespace {

std::int64_t multiply(std::int64_t a, std::int64_t b, std::string_view operation) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) {
        throw tenon::ValidationError(
            "context.even_number is too large: " + std::string(operation) +
            " leaves the 64-bit range"
        );
    }
    return product;
}

StepResult square_of_start(StepContext& context) {
    const auto start = context.dependency<ExactInteger>("diamond_start").value;
    return ExactInteger{multiply(start, start, "the square of diamond_start")};
}

}  // namespace

class DiamondStartHandler : public tenon::StepHandler {
    StepResult call(StepContext& context) override {
        const auto n = context.input<std::int64_t>("even_number");
        if (n <= 0 || n % 2 != 0) {
            context.context().at("even_number").fail("a positive even integer");
        }
        return ExactInteger{multiply(n, n, "its square")};
    }
};

class DiamondBranchBHandler : public tenon::StepHandler {
    StepResult call(StepContext& context) override { return square_of_start(context); }
};

class DiamondBranchCHandler : public tenon::StepHandler {
    StepResult call(StepContext& context) override { return square_of_start(context); }
};

class DiamondEndHandler : public tenon::StepHandler {
    StepResult call(StepContext& context) override {
        const auto b = context.dependency<ExactInteger>("diamond_branch_b").value;
        const auto c = context.dependency<ExactInteger>("diamond_branch_c").value;
        const auto product = multiply(b, c, "the product of the branches");
        return ExactInteger{multiply(product, product, "the square of their product")};
    }
};

}  // namespace diamond

TENON_HANDLER("diamond::DiamondStartHandler", diamond::DiamondStartHandler, {.idempotent = true});
TENON_HANDLER(
    "diamond::DiamondBranchBHandler",
    diamond::DiamondBranchBHandler,
    {.idempotent = true}
);
TENON_HANDLER(
    "diamond::DiamondBranchCHandler",
    diamond::DiamondBranchCHandler,
    {.idempotent = true}
);
TENON_HANDLER("diamond::DiamondEndHandler", diamond::DiamondEndHandler, {.idempotent = true});
