// The handler of this folder in C++, with what differs between standard libraries: strings, streams
// and exceptions.
#include <tenon/plugin.hpp>

#include <sstream>

TENON_PLUGIN("independence." BUILD, "1.0.0");

TENON_STEP("independence::" BUILD, [](tenon::StepContext& step) -> tenon::StepResult {
    const auto number = step.input<std::int64_t>("number");
    if (number % 2 != 0) {
        throw tenon::PermanentError("number must be even", {.code = "ODD_NUMBER"});
    }
    std::ostringstream text;
    text << "{\"square\":" << number * number << '}';
    return tenon::StepResult::raw(text.str());
});
