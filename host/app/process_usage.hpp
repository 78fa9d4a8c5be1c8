#pragma once

#include "worker/services/step_pump.hpp"

#include <chrono>
#include <string>

namespace tenon::app {

/// User and system time of this process so far.
std::chrono::microseconds process_cpu_time();

/// What a host reports about itself with every beat, a JSON object of counters since its start.
std::string usage_json(const worker::StepPump::Statistics& pump);

}  // namespace tenon::app
