#pragma once

#include "plugin_host/generation.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tenon::plugin_host {

/// Ends generations that nobody calls any more, on threads of their own: what plugins do at their
/// end costs no call and no claim. One that does not come to its end is left where it is, with its
/// thread. [any-thread]
class Retirement {
public:
    /// How one generation ended.
    struct Ending {
        std::uint64_t generation = 0;
        std::string pinned;  ///< Why its code stays in memory; empty: it is closed.
    };

    /// Told of each ending, on the retirement's thread.
    using OnEnd = std::function<void(const Ending&)>;

    /// `patience`: how long background work of a plugin may take to end. The end as a whole may
    /// take as long again, and a second more.
    Retirement(std::chrono::milliseconds patience, OnEnd on_end);
    ~Retirement();
    Retirement(const Retirement&) = delete;
    Retirement& operator=(const Retirement&) = delete;

    /// The code of this generation shall stay in memory when it ends, because of `why`.
    void pin(std::uint64_t generation, std::string why);

    /// Takes over a generation without callers. After `stop` it ends here and now.
    void take(std::shared_ptr<Generation> generation);

    /// Images of ended generations of this plugin that are still in memory.
    std::size_t pinned(const std::string& plugin_id) const;

    /// Ends what was taken over so far, then the thread. Nobody is told of anything any more.
    void stop();

private:
    void run();
    Ending end(std::shared_ptr<Generation> generation);
    std::string wind_down(std::shared_ptr<Generation> generation, bool keep) const;

    const std::chrono::milliseconds patience_;
    mutable std::mutex mutex_;  // Guards what follows: generations come from any thread.
    std::condition_variable changed_;
    OnEnd on_end_;
    std::deque<std::shared_ptr<Generation>> waiting_;
    std::map<std::uint64_t, std::string> to_pin_;
    std::map<std::string, std::vector<std::string>, std::less<>> images_;  // Paths, by plugin.
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tenon::plugin_host
