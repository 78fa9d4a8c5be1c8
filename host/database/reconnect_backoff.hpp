#pragma once

#include <chrono>
#include <random>

namespace tenon::database {

/// How long to wait before the next attempt to connect: twice as long each time, up to a limit, and
/// each time shortened by chance by up to a half, so that a fleet that lost one server does not
/// come back to it in step. One thread at a time.
class ReconnectBackoff {
public:
    /// The limit bounds how late a host is when its server returns.
    static constexpr std::chrono::milliseconds first_pause{50};
    static constexpr std::chrono::milliseconds longest_pause{800};

    std::chrono::milliseconds next();

    /// A connection was made: the next failure is a new one.
    void reset() noexcept { pause_ = first_pause; }

private:
    std::chrono::milliseconds pause_ = first_pause;
    std::minstd_rand random_{std::random_device{}()};
};

}  // namespace tenon::database
