// What the command router adds to a direct call of an actor. The program fails beyond a
// microsecond.

#include "foundation/runtime/command_router.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <iostream>
#include <limits>

namespace tenon {
namespace {

constexpr std::chrono::nanoseconds bound(1000);

struct Add {
    using Reply = int;
    static constexpr std::string_view name = "Add";

    int number = 0;
};

class Adder {
public:
    asio::awaitable<int> handle(Add command) { co_return ++sum_ + command.number; }

private:
    int sum_ = 0;
};

using Router = CommandRouter<Add>;
using Clock = std::chrono::steady_clock;

asio::awaitable<void> call_directly(Adder& adder, int times) {
    for (int i = 0; i < times; ++i) {
        const Add command{.number = i};
        benchmark::DoNotOptimize(co_await adder.handle(command));
    }
}

asio::awaitable<void> ask(Router& router, int times) {
    for (int i = 0; i < times; ++i) {
        const Add command{.number = i};
        benchmark::DoNotOptimize(co_await router.ask(command));
    }
}

void run(asio::awaitable<void> work) {
    asio::io_context loop;
    auto done = asio::co_spawn(loop, std::move(work), asio::use_future);
    loop.run();
    done.get();
}

constexpr int calls = 1000;

void direct(benchmark::State& state) {
    Adder adder;
    for ([[maybe_unused]] auto _ : state) {
        run(call_directly(adder, calls));
    }
    state.SetItemsProcessed(state.iterations() * calls);
}

void routed(benchmark::State& state) {
    Adder adder;
    Router router{{}};
    router.connect(adder);
    for ([[maybe_unused]] auto _ : state) {
        run(ask(router, calls));
    }
    state.SetItemsProcessed(state.iterations() * calls);
}

BENCHMARK(direct);
BENCHMARK(routed);

/// The shortest of many rounds, for one call: what disturbs a round only makes it longer.
template <class Round>
std::chrono::duration<double, std::nano> shortest(Round round) {
    constexpr int rounds = 200;
    auto best = std::chrono::duration<double, std::nano>(std::numeric_limits<double>::max());
    for (int i = 0; i < rounds; ++i) {
        const auto begun = Clock::now();
        round();
        best = std::min<decltype(best)>(best, (Clock::now() - begun) / static_cast<double>(calls));
    }
    return best;
}

bool within_bound() {
    Adder adder;
    Router router{{}};
    router.connect(adder);
    const auto without = shortest([&] { run(call_directly(adder, calls)); });
    const auto with = shortest([&] { run(ask(router, calls)); });
    const auto overhead = with - without;
    std::cout << "overhead of the router: " << overhead.count() << " ns a command (bound "
              << bound.count() << ")\n";
    return overhead <= bound;
}

}  // namespace
}  // namespace tenon

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return tenon::within_bound() ? 0 : 1;
}
