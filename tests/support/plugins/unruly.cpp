// Handlers that behave as no handler should, and some that only tell when they ran.

#include <tenon/plugin.hpp>

#include <chrono>
#include <fcntl.h>
#include <string>
#include <thread>
#include <unistd.h>

TENON_PLUGIN("guest.unruly", "1.0.0");

namespace unruly {

using namespace std::chrono_literals;
using Clock = std::chrono::system_clock;

std::int64_t microseconds(Clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

/// `context.journal` gets the line "NAME BEGIN END STEP ATTEMPT", times in microseconds since 1970;
/// END is 0 when it began.
void note(
    const tenon::StepContext& context,
    const char* name,
    Clock::time_point begin,
    bool ended
) {
    const auto path = context.input<std::string>("journal");
    const auto line = std::string(name) + " " + std::to_string(microseconds(begin)) + " " +
                      std::to_string(ended ? microseconds(Clock::now()) : 0) + " " +
                      std::string(context.step_uuid()) + " " + std::to_string(context.attempt()) +
                      "\n";
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const auto written = ::write(file, line.data(), line.size());
    ::close(file);
    if (written != static_cast<ssize_t>(line.size())) {
        throw tenon::PermanentError("the journal " + path + " cannot be written");
    }
}

/// Takes `initialization.ms`, else `context.ms`, and notes when it ran.
tenon::StepResult take_time(tenon::StepContext& context, const char* name) {
    const auto wish = context.input_or<std::int64_t>("ms", 0);
    const auto time = context.initialization_or<std::int64_t>("ms", wish);
    const auto begin = Clock::now();
    note(context, name, begin, false);
    std::this_thread::sleep_for(std::chrono::milliseconds(time));
    note(context, name, begin, true);
    return std::int64_t{time};
}

class SpanHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        return take_time(context, "span");
    }
};

/// Two at a time and no more, by its author's word.
class RareHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        return take_time(context, "rare");
    }
};

/// The first attempt waits for the file `context.gate` and for nothing else. Later ones return at
/// once. Its result is the attempt.
class DeafHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        note(context, "deaf", Clock::now(), false);
        const auto gate = context.input<std::string>("gate");
        while (context.attempt() == 1 && ::access(gate.c_str(), F_OK) != 0) {
            std::this_thread::sleep_for(5ms);
        }
        return std::int64_t{context.attempt()};
    }
};

/// Waits for the file `context.gate`, or until it is asked to stop.
class ObedientHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        note(context, "obedient", Clock::now(), false);
        const auto gate = context.input<std::string>("gate");
        while (::access(gate.c_str(), F_OK) != 0) {
            context.throw_if_cancelled();
            std::this_thread::sleep_for(5ms);
        }
        return std::int64_t{context.attempt()};
    }
};

/// Yields for ever where it stands.
class StuckHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        note(context, "stuck", Clock::now(), false);
        context.yield(std::int64_t{7});
    }
};

/// Beats for ever.
class TirelessHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        note(context, "tireless", Clock::now(), false);
        while (true) {
            context.heartbeat(0.5, "nearly there");
            std::this_thread::sleep_for(5ms);
        }
    }
};

}  // namespace unruly

TENON_HANDLER("unruly::SpanHandler", unruly::SpanHandler, {.concurrent = true});
TENON_HANDLER(
    "unruly::RareHandler",
    unruly::RareHandler,
    {.concurrent = true, .max_concurrency = 2}
);
TENON_HANDLER("unruly::DeafHandler", unruly::DeafHandler, {.concurrent = true});
TENON_HANDLER("unruly::ObedientHandler", unruly::ObedientHandler, {.concurrent = true});
TENON_HANDLER("unruly::StuckHandler", unruly::StuckHandler, {.concurrent = true});
TENON_HANDLER("unruly::TirelessHandler", unruly::TirelessHandler, {.concurrent = true});
