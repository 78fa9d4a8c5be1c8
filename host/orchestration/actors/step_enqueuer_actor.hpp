#pragma once

#include "orchestration/commands/step_enqueuing_command.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace tenon::orchestration {

namespace asio = boost::asio;

/// Owns the steps that nobody else puts on their queues: those whose time has come, and those that
/// were left behind. [any-thread]
class StepEnqueuerActor {
public:
    explicit StepEnqueuerActor(StepEnqueuingService& enqueuing) : enqueuing_(enqueuing) {}

    static std::string_view name() noexcept { return "StepEnqueuerActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    asio::awaitable<EnqueuedSteps> handle(EnqueueSteps /*command*/) {
        return enqueuing_.release_due();
    }

    asio::awaitable<std::size_t> handle(ResumeStaleSteps /*command*/) {
        return enqueuing_.resume_stale();
    }

private:
    StepEnqueuingService& enqueuing_;
};

}  // namespace tenon::orchestration
