#include "app/fleet/process_usage.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

namespace tenon::app {

std::chrono::microseconds process_cpu_time() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto microseconds = [](const timeval& time) {
        return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
    };
    return microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
}

std::string usage_json(const worker::Worker::Statistics& worker) {
    const auto& pump = worker.pump;
    const auto& handlers = worker.handlers;
    return fmt::format(
        R"({{"calls":{},"claimed":{},"settled":{},"refused":{},"reconnects":{},)"
        R"("cancelled":{},"timed_out":{},"abandoned":{},"late":{},"cpu_us":{}}})",
        pump.calls,
        pump.claimed,
        pump.settled,
        pump.refused,
        pump.reconnects,
        handlers.cancelled,
        handlers.timed_out,
        handlers.abandoned,
        handlers.late,
        process_cpu_time().count()
    );
}

}  // namespace tenon::app
