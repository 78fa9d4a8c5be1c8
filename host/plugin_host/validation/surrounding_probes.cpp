#include "plugin_host/validation/surrounding_probes.hpp"

#include "plugin_host/in_process/loaded_handler.hpp"
#include "plugin_host/runner/guest/sandbox.hpp"
#include "plugin_host/scout/process_traces.hpp"
#include "plugin_host/validation/subject.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <pthread.h>
#include <thread>

namespace tenon::plugin_host {
namespace {

using namespace std::chrono_literals;

// By the first method that it serves, as good as any.
ProbeInput input_of(const ScoutRequest& request, const Subject& subject) {
    ProbeInput input;
    input.context = request.context;
    input.initialization = request.initialization;
    input.method = split_methods(subject.handler().methods).front();
    return input;
}

bool succeeds(const Subject& subject, const ScoutRequest& request) {
    const auto input = input_of(request, subject);
    const auto outcome = run_probe(subject.handler(), subject.instance(), input);
    return outcome.status == TENON_OK && outcome.bad_result.empty() && outcome.exception.empty();
}

// What `load` asks of a life without calls, asked of one with calls.
void leave_traces(const ScoutRequest& request, ScoutReply& reply) {
    constexpr auto moment = 20ms;  // For threads that end by themselves.
    const auto before = ProcessTraces::take();
    {
        Subject subject(request, reply);
        if (!subject) {
            return;
        }
        for (const auto& method : split_methods(subject.handler().methods)) {
            auto input = input_of(request, subject);
            input.method = method;
            reply.begin(fmt::format("{}, method {}", request.callable, method));
            run_probe(subject.handler(), subject.instance(), input);
        }
    }
    std::this_thread::sleep_for(moment);
    for (const auto& finding : before.left_behind(ProcessTraces::take())) {
        reply.finding(
            finding.rule,
            fmt::format("{} after calls of {}", finding.what, request.callable),
            finding.fix
        );
    }
}

void take_memory(const ScoutRequest& request, ScoutReply& reply) {
    constexpr std::size_t kept_by_probes = std::size_t{2} * 1024 * 1024;
    const Subject subject(request, reply);
    if (!subject) {
        return;
    }
    const auto input = input_of(request, subject);
    const auto measured = request.rounds - request.rounds / 4;
    std::size_t warm = 0;
    for (std::uint32_t round = 0; round < request.rounds; ++round) {
        reply.begin(fmt::format("call {} of {}", round + 1, request.rounds));
        warm = round == request.rounds / 4 ? resident_bytes() : warm;
        run_probe(subject.handler(), subject.instance(), input);
    }
    const auto now = resident_bytes();
    if (now > warm + kept_by_probes) {
        reply.finding(
            PluginRule::grows,
            fmt::format(
                "keeps {} KiB of {} calls of {}", (now - warm) / 1024, measured, request.callable
            ),
            "free what a call allocates before it returns"
        );
    }
}

// Interrupts one thread all the time, until this object goes.
class Interruptions {
public:
    explicit Interruptions(pthread_t thread) {
        struct sigaction action{};
        action.sa_handler = [](int /*signal*/) {};  // No SA_RESTART: system calls end early.
        ::sigaction(signal_used, &action, &before_);
        sender_ = std::thread([this, thread] {
            while (!stop_) {
                ::pthread_kill(thread, signal_used);
                std::this_thread::sleep_for(300us);
            }
        });
    }

    Interruptions(const Interruptions&) = delete;
    Interruptions& operator=(const Interruptions&) = delete;

    ~Interruptions() {
        stop_ = true;
        sender_.join();
        ::sigaction(signal_used, &before_, nullptr);
    }

private:
    static constexpr int signal_used = SIGURG;

    struct sigaction before_{};
    std::atomic<bool> stop_{false};
    std::thread sender_;
};

void interrupt(const ScoutRequest& request, ScoutReply& reply) {
    const Subject subject(request, reply);
    if (!subject || !succeeds(subject, request)) {
        return;  // It says nothing of one that fails undisturbed.
    }
    const Interruptions interruptions(::pthread_self());
    for (std::uint32_t round = 0; round < request.rounds; ++round) {
        reply.begin("a call while signals arrive");
        if (!succeeds(subject, request)) {
            reply.finding(
                PluginRule::fails_when_interrupted,
                fmt::format("{} fails where signals interrupt it", request.callable),
                "call again what returned EINTR, for the rest of the time"
            );
            return;
        }
    }
}

void confine(const ScoutRequest& request, ScoutReply& reply) {
    {
        const Subject free(request, reply);
        if (!free || !succeeds(free, request)) {
            return;
        }
    }
    confine_process(request.max_memory);
    const Subject confined(request, reply);
    if (!confined) {
        return;
    }
    reply.begin("a call as in a runner");
    if (!succeeds(confined, request)) {
        reply.finding(
            PluginRule::fails_in_sandbox,
            fmt::format("{} fails in the sandbox of a runner", request.callable),
            "start no process and ask for no privilege, or run it with isolation in_process"
        );
    }
}

constexpr std::array actions{
    ScoutAction{"traces", &leave_traces},
    ScoutAction{"memory", &take_memory},
    ScoutAction{"interrupted", &interrupt},
    ScoutAction{"sandbox", &confine},
};

}  // namespace

std::span<const ScoutAction> surrounding_probes() noexcept {
    return actions;
}

}  // namespace tenon::plugin_host
