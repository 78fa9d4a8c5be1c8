// Handlers of the plugin @NAME@. A handler is given a step and returns its result, or throws.
#include <tenon/plugin.hpp>

TENON_PLUGIN("com.example.@NAME@", "1.0.0");

namespace @NAME@ {

class GreetHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& step) override {
        const auto name = step.input<std::string>("name");
        step.log(tenon::LogLevel::info, "greeting somebody");
        return "hello, " + name;
    }
};

}  // namespace @NAME@

TENON_HANDLER("@NAME@::Greet", @NAME@::GreetHandler);
