#pragma once

#include "database/repositories/step_repository.hpp"
#include "domain/ids.hpp"
#include "worker/dispatch/running_steps.hpp"

#include <thread>

namespace tenon::worker {

/// Brings what handlers say of their progress to the database: the latest of all of them together,
/// at most once a second. While nobody says anything its thread sleeps without a timer.
class ProgressService {
public:
    ProgressService(HostId host_id, RunningSteps& running, database::StepRepository& steps)
        : host_id_(host_id), running_(running), steps_(steps) {}

    ~ProgressService() { stop(); }

    ProgressService(const ProgressService&) = delete;
    ProgressService& operator=(const ProgressService&) = delete;

    /// Begins to report. [setup]
    void start();

    /// Ends with the registry of running steps, which it stops.
    void stop();

private:
    void run();

    const HostId host_id_;
    RunningSteps& running_;
    database::StepRepository& steps_;
    std::thread thread_;
};

}  // namespace tenon::worker
