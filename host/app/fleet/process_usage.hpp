#pragma once

#include "worker/worker.hpp"

#include <chrono>
#include <string>

namespace tenon::app {

/// User and system time of this process so far.
std::chrono::microseconds process_cpu_time();

/// What a host reports about itself with every beat, a JSON object of counters since its start.
std::string usage_json(const worker::Worker::Statistics& worker);

}  // namespace tenon::app
