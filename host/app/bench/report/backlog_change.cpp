#include "app/bench/report/backlog_change.hpp"

#include <fmt/format.h>
#include <string_view>

namespace tenon::app {
namespace {

double ratio(double filled, double empty) {
    return empty > 0 ? filled / empty : 1;
}

std::string line(std::string_view name, double times) {
    return fmt::format("  {:<34} {:>6.2f} times\n", name, times);
}

}  // namespace

BacklogChange compare(const BacklogSide& empty, const BacklogSide& filled) {
    const auto& before = empty.latencies;
    const auto& after = filled.latencies;
    return {
        .steps_per_s = ratio(filled.throughput.steps_per_s, empty.throughput.steps_per_s),
        .start_p99 = ratio(after.start_ms.p99, before.start_ms.p99),
        .settle_p99 = ratio(after.settle_ms.p99, before.settle_ms.p99),
        .complete_p99 = ratio(after.complete_ms.p99, before.complete_ms.p99),
        .pg_cpu = ratio(
            filled.throughput.pg_cpu_us_per_step.value_or(0),
            empty.throughput.pg_cpu_us_per_step.value_or(0)
        )
    };
}

std::string to_json(const BacklogChange& change) {
    return fmt::format(
        R"({{"steps_per_s":{:.3f},"start_p99":{:.3f},"settle_p99":{:.3f},"complete_p99":{:.3f},)"
        R"("pg_cpu_us_per_step":{:.3f}}})",
        change.steps_per_s,
        change.start_p99,
        change.settle_p99,
        change.complete_p99,
        change.pg_cpu
    );
}

std::string to_table(const BacklogChange& change) {
    return "WITH THE BACKLOG, COMPARED WITH NONE\n\n" +
           line("steps per second", change.steps_per_s) +
           line("submit → handler start, p99", change.start_p99) +
           line("handler start → settled, p99", change.settle_p99) +
           line("submit → complete, p99", change.complete_p99) +
           line("PostgreSQL CPU for a step", change.pg_cpu);
}

}  // namespace tenon::app
