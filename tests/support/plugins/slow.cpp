// Steps that take their time or fail as a test wishes, and write into a journal that they began, so
// that the test can count what really ran.

#include <tenon/plugin.hpp>

#include <algorithm>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

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

/// The file `context.journal` + ".stops" gets a line: the step, the attempt, and when it noticed,
/// in microseconds since 1970.
void note_stop(const tenon::StepContext& context) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto count = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    append(
        context.input<std::string>("journal") + ".stops",
        name(context) + " " + std::to_string(count) + "\n"
    );
}

/// Stops as soon as it is asked to, and notes it.
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
};

/// Adds the numbers from 1 to `context.total`, `context.chunk` of them in a call, and yields with
/// the sum so far. Every chunk takes `ms` and leaves the line "chunk FIRST" when it begins. Its
/// result: the sum, the attempts, and the calls that made it.
class CountHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        const auto total = context.input<std::int64_t>("total");
        std::vector<std::int64_t> state{1, 0, 0};  // the next number, the sum, the calls
        if (const auto checkpoint = context.checkpoint()) {
            state = checkpoint->as<std::vector<std::int64_t>>();
        }
        append(
            context.input<std::string>("journal"), "chunk " + std::to_string(state.at(0)) + "\n"
        );
        std::this_thread::sleep_for(time_to_take(context));
        const auto end = std::min(state.at(0) + context.input<std::int64_t>("chunk"), total + 1);
        for (; state.at(0) < end; ++state.at(0)) {
            state.at(1) += state.at(0);
        }
        ++state.at(2);
        if (state.at(0) <= total) {
            context.yield(state);
        }
        return std::vector<std::int64_t>{state.at(1), context.attempt(), state.at(2)};
    }
};

/// Beats for `ms`, every 5 ms; then returns, or with `context.then_silent` waits without a beat
/// until it is asked to stop. Notes when it stopped.
class BeatingHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        note_start(context);
        const auto time = time_to_take(context);
        const auto begin = std::chrono::steady_clock::now();
        try {
            for (auto now = begin; now < begin + time; now = std::chrono::steady_clock::now()) {
                const std::chrono::duration<double> done = now - begin;
                context.heartbeat(done / time, "still at it");
                std::this_thread::sleep_for(5ms);
            }
            while (context.input_or<bool>("then_silent", false)) {
                context.throw_if_cancelled();
                std::this_thread::sleep_for(1ms);
            }
        } catch (const tenon::Cancelled&) {
            note_stop(context);
            throw;
        }
        return std::int64_t{time.count()};
    }
};

/// Fails the first time. `context.retry_after_ms`: when it wants to be tried again, if it says so.
class FlakyHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        note_start(context);
        if (context.attempt() == 1) {
            tenon::ErrorDetails details;
            if (const auto wish = context.input_or<std::int64_t>("retry_after_ms", -1); wish >= 0) {
                details.retry_after = std::chrono::milliseconds(wish);
            }
            throw tenon::RetryableError("the first attempt never works", std::move(details));
        }
        return tenon::StepResult(std::int64_t(7));
    }
};

/// Never works, and never gives up.
class HopefulHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        note_start(context);
        throw tenon::RetryableError("perhaps the next time");
    }
};

/// Fails for good unless the file `context.gate` exists.
class GatedHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        note_start(context);
        if (::access(context.input<std::string>("gate").c_str(), F_OK) != 0) {
            throw tenon::PermanentError("the gate is closed");
        }
        return tenon::StepResult(std::int64_t(7));
    }
};

/// Publishes `item.shipped` for each entry of `context.items`, and an event that no template
/// declares; then fails for good with `context.fail`. Its result: whether each was taken.
class TellingHandler : public tenon::StepHandler {
    tenon::StepResult call(tenon::StepContext& context) override {
        std::vector<bool> taken;
        for (const auto item : context.input_or<std::vector<std::int64_t>>("items", {})) {
            taken.push_back(context.publish("item.shipped", item));
        }
        taken.push_back(context.publish("item.unheard_of", true));
        if (context.input_or<bool>("fail", false)) {
            throw tenon::PermanentError("it was told to fail");
        }
        return taken;
    }
};

}  // namespace slow

TENON_HANDLER("slow::SleepHandler", slow::SleepHandler, {.concurrent = true});
TENON_HANDLER("slow::PatientHandler", slow::PatientHandler, {.concurrent = true});
TENON_HANDLER("slow::FlakyHandler", slow::FlakyHandler, {.concurrent = true});
TENON_HANDLER("slow::HopefulHandler", slow::HopefulHandler, {.concurrent = true});
TENON_HANDLER("slow::GatedHandler", slow::GatedHandler, {.concurrent = true});
TENON_HANDLER("slow::CountHandler", slow::CountHandler, {.concurrent = true});
TENON_HANDLER("slow::TellingHandler", slow::TellingHandler, {.concurrent = true});
TENON_HANDLER("slow::BeatingHandler", slow::BeatingHandler, {.concurrent = true});
