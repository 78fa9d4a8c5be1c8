#include "worker/services/progress_service.hpp"

#include "foundation/telemetry/log.hpp"

#include <chrono>
#include <exception>

namespace tenon::worker {
namespace {

constexpr std::chrono::seconds interval(1);

}  // namespace

void ProgressService::start() {
    thread_ = std::thread([this] { run(); });
}

void ProgressService::stop() {
    running_.stop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

// What could not be stored is not kept: the handler's next word is newer.
void ProgressService::run() {
    auto not_before = RunningSteps::Clock::now();
    while (const auto progress = running_.collect_progress(not_before)) {
        not_before = RunningSteps::Clock::now() + interval;
        try {
            steps_.report_progress(host_id_, *progress);
        } catch (const std::exception& error) {
            log::warning("progress", error.what());
        }
    }
}

}  // namespace tenon::worker
