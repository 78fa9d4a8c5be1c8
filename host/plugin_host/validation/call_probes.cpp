#include "plugin_host/validation/call_probes.hpp"

#include "plugin_host/handler.hpp"
#include "plugin_host/scout/process_traces.hpp"
#include "plugin_host/validation/inputs.hpp"
#include "plugin_host/validation/subject.hpp"

#include <array>
#include <chrono>
#include <fmt/format.h>
#include <thread>
#include <vector>

namespace tenon::plugin_host {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

ProbeInput input_of(const ScoutRequest& request) {
    ProbeInput input;
    input.context = request.context;
    input.initialization = request.initialization;
    return input;
}

void report_late_uses(const Subject& subject, ScoutReply& reply) {
    std::this_thread::sleep_for(20ms);
    if (const auto count = late_uses(); count > 0) {
        reply.finding(
            PluginRule::late_call,
            fmt::format(
                "{} used handles of calls that had returned, {} times",
                subject.handler().callable,
                count
            ),
            "return TENON_PENDING, and call complete() last"
        );
    }
}

void call(const ScoutRequest& request, ScoutReply& reply) {
    Subject subject(request, reply);
    if (!subject) {
        return;
    }
    for (const auto& method : split_methods(subject.handler().methods)) {
        auto input = input_of(request);
        input.method = method;
        subject.run("the given input, method " + method, input);
        for (const auto& [name, context] : hostile_contexts(request.context)) {
            input.context = context;
            subject.run(name, input);
        }
    }
    auto last = input_of(request);
    last.attempt = 3;
    subject.run("the last attempt", last);
    report_late_uses(subject, reply);
}

void cancel(const ScoutRequest& request, ScoutReply& reply) {
    constexpr auto patience = 2s;
    Subject subject(request, reply);
    if (!subject) {
        return;
    }
    for (const auto after : {0ms, 20ms}) {
        auto input = input_of(request);
        input.cancel_after = after;
        const auto began = Clock::now();
        subject.run(fmt::format("cancelled after {} ms", after.count()), input);
        const auto took =
            std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
        if (took > after + patience) {
            reply.finding(
                PluginRule::ignores_cancel,
                fmt::format(
                    "{} returned {} ms after it was cancelled",
                    subject.handler().callable,
                    (took - after).count()
                ),
                "call throw_if_cancelled() in loops, and wait with cancel_descriptor()"
            );
            return;
        }
    }
}

void fail_host(const ScoutRequest& request, ScoutReply& reply) {
    Subject subject(request, reply);
    for (int fault = 1; subject && fault < host_faults; ++fault) {
        auto input = input_of(request);
        input.fault = static_cast<HostFault>(fault);
        subject.run(to_string(input.fault), input);
    }
}

void call_concurrently(const ScoutRequest& request, ScoutReply& reply) {
    constexpr int callers = 4;
    const Subject subject(request, reply);
    if (!subject) {
        return;
    }
    reply.begin(fmt::format("{} calls at a time", callers));
    const auto input = input_of(request);
    std::vector<std::thread> threads;
    threads.reserve(callers);
    for (int i = 0; i < callers; ++i) {
        threads.emplace_back([&] {
            void* instance = subject.instance();
            const bool own = !subject.concurrent() && subject.create(instance);
            for (std::uint32_t round = 0; round < request.rounds; ++round) {
                run_probe(subject.handler(), instance, input);
            }
            if (own) {
                subject.destroy(instance);
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
}

void fuzz(const ScoutRequest& request, ScoutReply& reply) {
    Subject subject(request, reply);
    if (!subject) {
        return;
    }
    ContextMutator mutator(request.context, request.seed);
    auto input = input_of(request);
    for (std::uint32_t round = 1; round <= request.rounds; ++round) {
        input.context = mutator.next();
        subject.run(fmt::format("seed {}, round {}", request.seed, round), input);
    }
}

void reload(const ScoutRequest& request, ScoutReply& reply) {
    for (std::uint32_t round = 1; round <= request.rounds; ++round) {
        Subject subject(request, reply);
        if (!subject) {
            return;
        }
        subject.run(fmt::format("life {} of it", round), input_of(request));
    }
    if (is_loaded(request.file.string())) {
        reply.finding(
            PluginRule::stays_mapped,
            fmt::format("is still in memory after {} was called and unloaded", request.callable),
            "avoid thread_local with destructors; compile with -fno-gnu-unique"
        );
    }
}

constexpr std::array actions{
    ScoutAction{"call", &call},
    ScoutAction{"cancel", &cancel},
    ScoutAction{"faults", &fail_host},
    ScoutAction{"concurrent", &call_concurrently},
    ScoutAction{"fuzz", &fuzz},
    ScoutAction{"reload", &reload},
};

}  // namespace

std::span<const ScoutAction> call_probes() noexcept {
    return actions;
}

}  // namespace tenon::plugin_host
