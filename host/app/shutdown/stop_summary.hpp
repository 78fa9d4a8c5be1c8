#pragma once

#include "worker/worker.hpp"

#include <string>

namespace tenon::app {

/// What a worker that stopped leaves behind, in one line for the log.
std::string stop_summary(const worker::Worker::Stopped& stopped);

}  // namespace tenon::app
