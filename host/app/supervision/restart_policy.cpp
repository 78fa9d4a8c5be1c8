#include "app/supervision/restart_policy.hpp"

#include <algorithm>

namespace tenon::app {
namespace {

constexpr std::chrono::milliseconds first_delay(100);
constexpr std::chrono::milliseconds longest_delay(5000);
constexpr int most_doublings = 6;

}  // namespace

std::optional<std::chrono::milliseconds> RestartPolicy::crashed(std::chrono::milliseconds lived) {
    in_a_row_ = lived >= healthy_ ? 1 : in_a_row_ + 1;
    if (in_a_row_ > most_) {
        return std::nullopt;
    }
    if (in_a_row_ == 1) {
        return std::chrono::milliseconds(0);
    }
    const int doublings = std::min(in_a_row_ - 2, most_doublings);
    return std::min(first_delay * (1 << doublings), longest_delay);
}

}  // namespace tenon::app
