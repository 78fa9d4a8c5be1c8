#include "plugin_host/calls/call_handle.hpp"

#include "foundation/error.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace tenon::plugin_host {
namespace {

constexpr std::uint32_t chunk_size = 256;
constexpr std::uint32_t most_chunks = 256;
constexpr std::uint64_t slot_bits = 16;
constexpr std::uint64_t user_bits = 24;
constexpr std::uint64_t users = (std::uint64_t{1} << user_bits) - 1;
static_assert(chunk_size * most_chunks == std::uint64_t{1} << slot_bits);

// The upper bits of `state` count the calls that the slot has had, the lower ones the services
// that are in the present one.
struct Slot {
    std::atomic<std::uint64_t> state{std::uint64_t{1} << user_bits};
    tenon_call* call = nullptr;
};

using Chunk = std::array<Slot, chunk_size>;

// Slots live as long as the process: a plugin's thread may come with an old handle at any time.
class SlotTable {
public:
    Slot* find(std::uint64_t slot) const noexcept {
        auto* chunk = chunks_.at(slot / chunk_size).load(std::memory_order_acquire);
        return chunk == nullptr ? nullptr : &chunk->at(slot % chunk_size);
    }

    std::uint32_t take() {
        const std::lock_guard lock(mutex_);
        if (free_.empty()) {
            grow();
        }
        const auto slot = free_.back();
        free_.pop_back();
        return slot;
    }

    void give_back(std::uint32_t slot) noexcept {
        const std::lock_guard lock(mutex_);
        free_.push_back(slot);  // There is room: it was taken from here.
    }

private:
    void grow() {
        if (count_ == most_chunks) {
            throw Exception({ErrorCode::unavailable, "too many calls run at once in this process"});
        }
        free_.reserve(std::size_t{chunk_size} * (count_ + 1));
        chunks_.at(count_).store(new Chunk, std::memory_order_release);
        for (std::uint32_t i = chunk_size; i > 0; --i) {
            free_.push_back(count_ * chunk_size + i - 1);
        }
        ++count_;
    }

    std::array<std::atomic<Chunk*>, most_chunks> chunks_{};
    std::mutex mutex_;  // Held for a push or a pop.
    std::vector<std::uint32_t> free_;
    std::uint32_t count_ = 0;
};

SlotTable& table() {
    static auto& slots = *new SlotTable;
    return slots;
}

std::atomic<std::uint64_t> late_uses{0};

}  // namespace

CallHandle::CallHandle(tenon_call& call) : slot_(table().take()) {
    auto& slot = *table().find(slot_);
    slot.call = &call;
    generation_ = slot.state.load(std::memory_order_relaxed) >> user_bits;
    // Publishes `call` to whoever comes with the handle.
    slot.state.fetch_add(0, std::memory_order_release);
}

CallHandle::~CallHandle() {
    end();
}

tenon_call* CallHandle::get() const noexcept {
    return std::bit_cast<tenon_call*>((generation_ << slot_bits) | slot_);
}

void CallHandle::end() noexcept {
    if (ended_) {
        return;
    }
    ended_ = true;
    auto& state = table().find(slot_)->state;
    auto expected = generation_ << user_bits;
    while (!state.compare_exchange_weak(expected, (generation_ + 1) << user_bits)) {
        expected = generation_ << user_bits;
        std::this_thread::yield();
    }
    table().give_back(slot_);
}

CallAccess::CallAccess(const tenon_call* handle) noexcept {
    const auto number = std::bit_cast<std::uint64_t>(handle);
    const auto generation = number >> slot_bits;
    slot_ = static_cast<std::uint32_t>(number & ((std::uint64_t{1} << slot_bits) - 1));
    auto* slot = table().find(slot_);
    auto state = slot == nullptr ? 0 : slot->state.load(std::memory_order_acquire);
    while (slot != nullptr && state >> user_bits == generation && (state & users) != users) {
        if (slot->state.compare_exchange_weak(state, state + 1, std::memory_order_acquire)) {
            call_ = slot->call;
            return;
        }
    }
    late_uses.fetch_add(1, std::memory_order_relaxed);
}

CallAccess::~CallAccess() {
    if (call_ != nullptr) {
        table().find(slot_)->state.fetch_sub(1, std::memory_order_release);
    }
}

std::uint64_t late_handle_uses() noexcept {
    return late_uses.load(std::memory_order_relaxed);
}

}  // namespace tenon::plugin_host
