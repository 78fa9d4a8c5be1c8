#include "database/reconnect_backoff.hpp"

#include <algorithm>
#include <utility>

namespace tenon::database {

std::chrono::milliseconds ReconnectBackoff::next() {
    const auto pause = std::exchange(pause_, std::min(pause_ * 2, longest_pause));
    std::uniform_int_distribution<std::chrono::milliseconds::rep> part(
        pause.count() / 2, pause.count()
    );
    return std::chrono::milliseconds(part(random_));
}

}  // namespace tenon::database
