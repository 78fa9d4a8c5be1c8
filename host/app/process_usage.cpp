#include "app/process_usage.hpp"

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

std::string usage_json(const worker::StepPump::Statistics& pump) {
    return fmt::format(
        R"({{"calls":{},"claimed":{},"settled":{},"refused":{},"reconnects":{},"cpu_us":{}}})",
        pump.calls,
        pump.claimed,
        pump.settled,
        pump.refused,
        pump.reconnects,
        process_cpu_time().count()
    );
}

}  // namespace tenon::app
