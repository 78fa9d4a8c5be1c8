#include "app/fleet/former_workers.hpp"

#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace tenon::app {
namespace {

// One line for all that come together; a handler that takes longer gets a line of its own.
constexpr std::chrono::seconds pause_between_lines(5);

// Their handlers were asked to stop when the registration was lost.
constexpr worker::Worker::StopLimits no_time{
    .soft = std::chrono::milliseconds(0),
    .hard = std::chrono::milliseconds(1000)
};

}  // namespace

std::uint64_t FormerWorkers::Former::refused() const {
    return worker->statistics().pump.refused - refused_before;
}

FormerWorkers::~FormerWorkers() {
    stop();
}

void FormerWorkers::add(HostId lost, std::shared_ptr<worker::Worker> worker) {
    const auto refused_before = worker->statistics().pump.refused;
    const std::scoped_lock lock(mutex_);
    former_.push_back({.host = lost, .worker = std::move(worker), .refused_before = refused_before}
    );
}

void FormerWorkers::carry_on_as(HostId successor) {
    const std::scoped_lock lock(mutex_);
    for (const auto& former : former_) {
        former.worker->carry_on_as(successor);
    }
}

std::uint64_t FormerWorkers::refused() const {
    const std::scoped_lock lock(mutex_);
    return std::accumulate(
        former_.begin(),
        former_.end(),
        refused_of_gone_,
        [](std::uint64_t sum, const auto& former) { return sum + former.refused(); }
    );
}

bool FormerWorkers::tidy() {
    std::vector<Former> gone;
    bool none_left = false;
    {
        const std::scoped_lock lock(mutex_);
        std::erase_if(former_, [&](Former& former) {
            const bool at_rest = former.worker->at_rest();
            if (at_rest || Clock::now() - former.told_at > pause_between_lines) {
                tell(former);
            }
            if (at_rest) {
                refused_of_gone_ += former.refused();
                gone.push_back(std::move(former));
            }
            return at_rest;
        });
        none_left = former_.empty();
    }
    for (auto& former : gone) {
        former.worker->stop(no_time);
    }
    return none_left;
}

bool FormerWorkers::stop() {
    std::vector<Former> left;
    {
        const std::scoped_lock lock(mutex_);
        left.swap(former_);
    }
    bool all_ended = true;
    for (auto& former : left) {
        const bool ended = former.worker->stop(no_time).all_ended;
        tell(former);
        all_ended = all_ended && ended;
        if (!ended) {
            // Its handlers' threads use it until the process ends.
            static_cast<void>(new std::shared_ptr<worker::Worker>(std::move(former.worker)));
        }
    }
    return all_ended;
}

void FormerWorkers::tell(Former& former) {
    const auto fresh = former.refused() - former.told;
    former.told += fresh;
    former.told_at = Clock::now();
    if (fresh > 0) {
        const auto host = std::to_string(static_cast<std::int32_t>(former.host));
        const auto count = std::to_string(fresh);
        log::warning("presence", count + " late results of host " + host + " were refused");
    }
}

}  // namespace tenon::app
