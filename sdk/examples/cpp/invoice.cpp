// An invoice in two steps: `total` adds up the prices in the task's context, `receipt` says so in
// words, from the result of the step before.
#include <tenon/plugin.hpp>

#include <string>
#include <vector>

TENON_PLUGIN("com.example.invoice", "1.0.0");

namespace invoice {

class TotalHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& step) override {
        const auto prices = step.input<std::vector<std::int64_t>>("prices");
        std::int64_t total = 0;
        for (const auto price : prices) {
            if (price < 0 || __builtin_add_overflow(total, price, &total)) {
                throw tenon::PermanentError(
                    "a price of " + std::to_string(price) + " makes no invoice",
                    {.code = "PRICE_REFUSED"}
                );
            }
        }
        step.log(tenon::LogLevel::info, "added " + std::to_string(prices.size()) + " prices");
        return total;
    }
};

class ReceiptHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& step) override {
        const auto cents = step.dependency<std::int64_t>("total");
        const auto currency = step.input_or<std::string>("currency", "EUR");
        const auto rest = std::to_string(100 + cents % 100).substr(1);
        return "to pay: " + std::to_string(cents / 100) + "." + rest + " " + currency;
    }
};

}  // namespace invoice

TENON_HANDLER("invoice::Total", invoice::TotalHandler);
TENON_HANDLER("invoice::Receipt", invoice::ReceiptHandler);
