#include "plugin_host/reload/retirement.hpp"

#include "foundation/telemetry/log.hpp"
#include "plugin_host/crash/alternate_stack.hpp"
#include "plugin_host/scout/process_traces.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <optional>
#include <utility>

namespace tenon::plugin_host {
namespace {

// Never destroyed: their code may run until the process ends.
template <class Kept>
void keep_for_ever(Kept what) {
    static std::mutex mutex;
    static auto& kept = *new std::vector<Kept>;
    const std::lock_guard lock(mutex);
    kept.push_back(std::move(what));
}

// The end of one generation, which its plugin may never let happen.
class Farewell {
public:
    Farewell(std::shared_ptr<Generation> generation, std::chrono::milliseconds patience, bool keep)
        : generation_(std::move(generation)), patience_(patience), keep_(keep) {}

    /// Whatever the plugin does, on the thread that it may keep.
    void say() {
        const AlternateStack stack;
        const auto running = generation_->wind_down(patience_);
        if (keep_ || running > 0) {
            keep_for_ever(std::move(generation_));
        } else {
            generation_.reset();
        }
        const std::lock_guard lock(mutex_);
        running_ = running;
        said_.notify_all();
    }

    /// How much of its work goes on all the same; nothing when it was not said in time.
    std::optional<std::uint64_t> await(std::chrono::milliseconds limit) {
        std::unique_lock lock(mutex_);
        said_.wait_for(lock, limit, [this] { return running_.has_value(); });
        return running_;
    }

private:
    std::shared_ptr<Generation> generation_;
    const std::chrono::milliseconds patience_;
    const bool keep_;
    std::mutex mutex_;  // Guards `running_`, which one thread writes and another waits for.
    std::condition_variable said_;
    std::optional<std::uint64_t> running_;
};

}  // namespace

Retirement::Retirement(std::chrono::milliseconds patience, OnEnd on_end)
    : patience_(patience), on_end_(std::move(on_end)), thread_([this] { run(); }) {}

Retirement::~Retirement() {
    stop();
}

void Retirement::pin(std::uint64_t generation, std::string why) {
    const std::lock_guard lock(mutex_);
    to_pin_.insert_or_assign(generation, std::move(why));
}

void Retirement::take(std::shared_ptr<Generation> generation) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_) {
            waiting_.push_back(std::move(generation));
            changed_.notify_one();
            return;
        }
    }
    end(std::move(generation));
}

std::size_t Retirement::pinned(const std::string& plugin_id) const {
    const std::lock_guard lock(mutex_);
    const auto found = images_.find(plugin_id);
    // The loader unmaps some of them late, with the next library that goes.
    return found == images_.end()
               ? 0
               : static_cast<std::size_t>(std::ranges::count_if(found->second, &is_loaded));
}

void Retirement::stop() {
    {
        const std::lock_guard lock(mutex_);
        on_end_ = nullptr;
        stopping_ = true;
        changed_.notify_one();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Retirement::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty()) {
            return;
        }
        auto generation = std::move(waiting_.front());
        waiting_.pop_front();
        const auto tell = on_end_;
        lock.unlock();
        const auto ending = end(std::move(generation));
        if (tell) {
            tell(ending);
        }
        lock.lock();
    }
}

Retirement::Ending Retirement::end(std::shared_ptr<Generation> generation) {
    Ending ending{.generation = generation->info().generation, .pinned = {}};
    const auto plugin = generation->info().id;
    const auto image = generation->snapshot().copy().string();
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = to_pin_.extract(ending.generation); !known.empty()) {
            ending.pinned = known.mapped();
        }
    }
    const auto stays = wind_down(std::move(generation), !ending.pinned.empty());
    if (ending.pinned.empty()) {
        ending.pinned =
            stays.empty() && is_loaded(image) ? "the loader did not let go of it" : stays;
    }
    if (!ending.pinned.empty()) {
        const std::lock_guard lock(mutex_);
        auto& images = images_[plugin];
        std::erase_if(images, [](const auto& path) { return !is_loaded(path); });
        images.push_back(image);
    }
    return ending;
}

// On a thread of its own, which ends before anybody looks whether the image went: what the plugin
// left with the thread goes first.
std::string Retirement::wind_down(std::shared_ptr<Generation> generation, bool keep) const {
    constexpr std::chrono::seconds moment{1};
    const auto limit = 2 * patience_ + moment;
    const auto image = generation->snapshot().copy().string();
    const auto farewell = std::make_shared<Farewell>(std::move(generation), patience_, keep);
    std::thread thread([farewell] { farewell->say(); });
    const auto running = farewell->await(limit);
    if (!running) {
        keep_for_ever(std::move(thread));
        auto why = fmt::format("its end had not come after {} ms", limit.count());
        log::warning("plugins", image + " stays in memory with a thread: " + why);
        return why;
    }
    thread.join();
    return *running == 0 ? ""
                         : fmt::format("{} pieces of its background work did not end", *running);
}

}  // namespace tenon::plugin_host
