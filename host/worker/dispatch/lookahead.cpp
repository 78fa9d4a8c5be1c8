#include "worker/dispatch/lookahead.hpp"

#include <algorithm>

namespace tenon::worker {

void Lookahead::ended(std::chrono::microseconds execution, Clock::time_point now) {
    if (now - begun_ >= window) {
        best_ = now - begun_ < memory * window ? std::max(counted_, best_ - best_ / memory) : 0;
        counted_ = 0;
        begun_ = now;
    }
    counted_ += execution <= moment ? 1 : 0;
}

std::int32_t Lookahead::steps(Clock::time_point now) const {
    if (now - begun_ >= memory * window) {
        return 0;
    }
    return std::min(most_, 2 * std::max(best_, counted_));
}

}  // namespace tenon::worker
