#include "domain/event/queue_position.hpp"

#include <algorithm>
#include <iterator>

namespace tenon {

bool QueuePosition::meet(std::int64_t number, Clock::time_point now) {
    if (number <= newest_) {
        return missing_.erase(number) > 0;
    }
    constexpr auto most = static_cast<std::int64_t>(missing_max);
    for (auto passed = std::max(newest_ + 1, number - most); passed < number; ++passed) {
        missing_.emplace_hint(missing_.end(), passed, now + patience);
    }
    while (missing_.size() > missing_max) {
        missing_.erase(missing_.begin());
    }
    newest_ = number;
    return true;
}

std::vector<std::int64_t> QueuePosition::missing(Clock::time_point now) {
    std::erase_if(missing_, [now](const auto& entry) { return entry.second <= now; });
    std::vector<std::int64_t> numbers;
    numbers.reserve(missing_.size());
    for (const auto& [number, until] : missing_) {
        numbers.push_back(number);
    }
    return numbers;
}

}  // namespace tenon
