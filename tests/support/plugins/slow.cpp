// A step that takes its time, and writes into a journal that it began, so that a test can count
// what really ran.

#include <tenon/plugin.hpp>

#include <chrono>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

TENON_PLUGIN("guest.slow", "1.0.0");

namespace slow {

class SleepHandler : public tenon::StepHandler {
    // `initialization.ms`, else `context.ms`: how long it takes. `context.journal`: a file that
    // gets one line for each start: the step's UUID and the attempt.
    tenon::StepResult call(tenon::StepContext& context) override {
        const auto line =
            std::string(context.step_uuid()) + " " + std::to_string(context.attempt()) + "\n";
        const auto journal = context.input<std::string>("journal");
        const int file = ::open(journal.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        const auto written = ::write(file, line.data(), line.size());
        ::close(file);
        if (written != static_cast<ssize_t>(line.size())) {
            throw tenon::PermanentError("the journal " + journal + " cannot be written");
        }
        const auto wish = context.input_or<std::int64_t>("ms", 0);
        const auto time = context.initialization_or<std::int64_t>("ms", wish);
        std::this_thread::sleep_for(std::chrono::milliseconds(time));
        return tenon::StepResult(time);
    }
};

}  // namespace slow

TENON_HANDLER("slow::SleepHandler", slow::SleepHandler, {.concurrent = true});
