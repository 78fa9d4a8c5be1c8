// A root, two branches, four leaves, one convergence: n², x² on each level, (d·e·f·g)².
// Input 6 ends with 6^64, as an exact decimal string.

#include "natural.hpp"

#include <tenon/plugin.hpp>

TENON_PLUGIN("com.tenon.tree", "1.0.0");

namespace tree {

using tenon::JsonView;
using tenon::StepContext;
using tenon::StepResult;

namespace {

constexpr std::size_t longest_input = 1000;  // Digits; the result has 64 times as many.

bool all_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

Natural read_natural(const JsonView& view) {
    const auto text = view.is_string() ? view.as<std::string>() : std::string(view.text());
    if (!all_digits(text)) {
        view.fail("a natural number");
    }
    return Natural(text);
}

Natural read_even_number(const StepContext& context) {
    const auto view = context.context().at("even_number");
    // Forms like 6.0 and the error text of everything else are the SDK's affair.
    const auto digits = all_digits(view.text()) ? std::string(view.text())
                                                : std::to_string(view.as<std::int64_t>());
    if (digits.size() > longest_input) {
        view.fail("at most " + std::to_string(longest_input) + " digits");
    }
    if (digits.front() == '-' || Natural(digits).is_zero() || !Natural(digits).is_even()) {
        view.fail("a positive even integer");
    }
    return Natural(digits);
}

// A number while every JSON reader keeps it exact, which is up to 2^53; a string beyond that.
StepResult exact(const Natural& value) {
    const auto digits = value.to_string();
    constexpr std::string_view largest = "9007199254740992";
    const bool fits =
        digits.size() < largest.size() || (digits.size() == largest.size() && digits <= largest);
    return fits ? StepResult::raw(digits) : StepResult(digits);
}

StepResult square_of(const StepContext& context, std::string_view step_name) {
    const auto value = read_natural(context.dependency(step_name));
    return exact(value * value);
}

}  // namespace

class TreeRootHandler : public tenon::StepHandler {
    StepResult call(StepContext& context) override {
        const auto n = read_even_number(context);
        return exact(n * n);
    }
};

class TreeBranchLeftHandler : public tenon::StepHandler {
    StepResult call(StepContext& context) override { return square_of(context, "tree_root"); }
};

class TreeBranchRightHandler : public tenon::StepHandler {
    StepResult call(StepContext& context) override { return square_of(context, "tree_root"); }
};

/// The leaves d and e.
class LeftLeafHandler : public tenon::StepHandler {
    StepResult call(StepContext& context) override {
        return square_of(context, "tree_branch_left");
    }
};

/// The leaves f and g.
class RightLeafHandler : public tenon::StepHandler {
    StepResult call(StepContext& context) override {
        return square_of(context, "tree_branch_right");
    }
};

class TreeFinalConvergenceHandler : public tenon::StepHandler {
    StepResult call(StepContext& context) override {
        Natural product("1");
        for (const auto* leaf : {"tree_leaf_d", "tree_leaf_e", "tree_leaf_f", "tree_leaf_g"}) {
            product = product * read_natural(context.dependency(leaf));
        }
        return (product * product).to_string();
    }
};

}  // namespace tree

TENON_HANDLER("tree::TreeRootHandler", tree::TreeRootHandler, {.idempotent = true});
TENON_HANDLER("tree::TreeBranchLeftHandler", tree::TreeBranchLeftHandler, {.idempotent = true});
TENON_HANDLER("tree::TreeBranchRightHandler", tree::TreeBranchRightHandler, {.idempotent = true});
TENON_HANDLER("tree::TreeLeafDHandler", tree::LeftLeafHandler, {.idempotent = true});
TENON_HANDLER("tree::TreeLeafEHandler", tree::LeftLeafHandler, {.idempotent = true});
TENON_HANDLER("tree::TreeLeafFHandler", tree::RightLeafHandler, {.idempotent = true});
TENON_HANDLER("tree::TreeLeafGHandler", tree::RightLeafHandler, {.idempotent = true});
TENON_HANDLER(
    "tree::TreeFinalConvergenceHandler",
    tree::TreeFinalConvergenceHandler,
    {.idempotent = true}
);
