// A handler that takes its process down, in every way there is.
#include <tenon/plugin.hpp>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <unistd.h>

TENON_PLUGIN("com.tenon.testing.crashing", "1.0.0");

namespace {

void touch_nothing() {
    int* volatile nothing = nullptr;
    *nothing = 1;
}

// The frame is used after the call, so that it stays.
int dig(int depth) {
    volatile char room[1024];
    room[0] = static_cast<char>(depth);
    return depth < 0 ? depth : dig(depth + 1) + room[0];
}

void free_twice() {
    auto* const memory = static_cast<char*>(std::malloc(64));
    char* volatile again = memory;
    std::free(memory);
    std::free(again);
}

void terminate_in_a_thread() {
    std::thread([] { throw std::runtime_error("nobody catches this"); }).join();
}

void crash_in_a_thread() {
    std::thread(touch_nothing).join();
}

const std::map<std::string, std::function<void()>>& ways() {
    static const std::map<std::string, std::function<void()>> all{
        {"segv", touch_nothing},
        {"stack_overflow", [] { errno = dig(1); }},
        {"abort", [] { std::abort(); }},
        {"terminate_in_a_thread", terminate_in_a_thread},
        {"crash_in_a_thread", crash_in_a_thread},
        {"double_free", free_twice},
        {"divide", [] { ::raise(SIGFPE); }},
        {"illegal", [] { __builtin_trap(); }},
        {"bus", [] { ::raise(SIGBUS); }},
        {"trap", [] { ::raise(SIGTRAP); }},
        {"sys", [] { ::raise(SIGSYS); }},
        {"exit", [] { std::exit(0); }},
        {"quick_exit", [] { std::quick_exit(3); }},
        {"underscore_exit", [] { ::_exit(0); }},
        {"kill", [] { ::kill(::getpid(), SIGKILL); }},
    };
    return all;
}

/// Context: `how`, one of the above, and `times`: how many attempts end so.
class CrashHandler : public tenon::StepHandler {
public:
    tenon::StepResult call(tenon::StepContext& context) override {
        const auto times = context.input<std::int64_t>("times");
        if (context.attempt() <= times) {
            ways().at(context.input<std::string>("how"))();
        }
        return tenon::StepResult(std::int64_t{context.attempt()});
    }
};

}  // namespace

TENON_HANDLER("crashing::CrashHandler", CrashHandler);
