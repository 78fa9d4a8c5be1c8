#include "plugin_host/reload/retirement.hpp"

#include "plugin_host/crash/alternate_stack.hpp"
#include "plugin_host/scout/process_traces.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace tenon::plugin_host {
namespace {

// Never destroyed: their code may run until the process ends.
void keep_for_ever(std::shared_ptr<Generation> generation) {
    static std::mutex mutex;
    static auto& kept = *new std::vector<std::shared_ptr<Generation>>;
    const std::lock_guard lock(mutex);
    kept.push_back(std::move(generation));
}

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
    const AlternateStack stack;
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
    const auto running = generation->wind_down(patience_);
    if (running > 0 && ending.pinned.empty()) {
        ending.pinned = fmt::format("{} pieces of its background work did not end", running);
    }
    if (!ending.pinned.empty()) {
        keep_for_ever(std::move(generation));
    } else {
        generation.reset();
        if (is_loaded(image)) {
            ending.pinned = "the loader did not let go of it";
        }
    }
    if (!ending.pinned.empty()) {
        const std::lock_guard lock(mutex_);
        auto& images = images_[plugin];
        std::erase_if(images, [](const auto& path) { return !is_loaded(path); });
        images.push_back(image);
    }
    return ending;
}

}  // namespace tenon::plugin_host
