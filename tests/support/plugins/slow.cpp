// Steps that take their time, and write into a journal that they began, so that a test can count
// what really ran.

#include <tenon/plugin.hpp>

#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <thread>
#include <unistd.h>

TENON_PLUGIN("guest.slow", "1.0.0");

namespace slow {

using namespace std::chrono_literals;

void append(const std::string& path, const std::string& line) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const auto written = ::write(file, line.data(), line.size());
    ::close(file);
    if (written != static_cast<ssize_t>(line.size())) {
        throw tenon::PermanentError("the journal " + path + " cannot be written");
    }
}

/// The step's UUID and the attempt.
std::string name(const tenon::StepContext& context) {
    return std::string(context.step_uuid()) + " " + std::to_string(context.attempt());
}

/// `context.journal` is a file that gets one line for each start.
void note_start(const tenon::StepContext& context) {
    append(context.input<std::string>("journal"), name(context) + "\n");
}

/// `initialization.ms`, else `context.ms`: how long it takes.
std::chrono::milliseconds time_to_take(const tenon::StepContext& context) {
    const auto wish = context.input_or<std::int64_t>("ms", 0);
    return std::chrono::milliseconds(context.initialization_or<std::int64_t>("ms", wish));
}

/// Sleeps, and cannot be asked to stop.
class SleepHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        note_start(context);
        const auto time = time_to_take(context);
        std::this_thread::sleep_for(time);
        return tenon::StepResult(std::int64_t{time.count()});
    }
};

/// Stops as soon as it is asked to. The file `context.journal` + ".stops" then gets a line: the
/// step, the attempt, and when it noticed, in microseconds since 1970.
class PatientHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        note_start(context);
        const auto time = time_to_take(context);
        const auto end = std::chrono::steady_clock::now() + time;
        while (!context.cancelled() && std::chrono::steady_clock::now() < end) {
            wait(context);
        }
        if (context.cancelled()) {
            note_stop(context);
        }
        context.throw_if_cancelled();
        return tenon::StepResult(std::int64_t{time.count()});
    }

    // `context.polls`: looks at the reason again and again, instead of waiting for the descriptor.
    static void wait(tenon::StepContext& context) {
        if (context.input_or<bool>("polls", false)) {
            std::this_thread::sleep_for(1ms);
            return;
        }
        pollfd descriptor{.fd = context.cancel_descriptor(), .events = POLLIN, .revents = 0};
        ::poll(&descriptor, 1, 200);
    }

    static void note_stop(const tenon::StepContext& context) {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const auto count = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
        append(
            context.input<std::string>("journal") + ".stops",
            name(context) + " " + std::to_string(count) + "\n"
        );
    }
};

}  // namespace slow

TENON_HANDLER("slow::SleepHandler", slow::SleepHandler, {.concurrent = true});
TENON_HANDLER("slow::PatientHandler", slow::PatientHandler, {.concurrent = true});
