#include "plugin_host/in_process/instance_pool.hpp"

#include "foundation/utf8.hpp"

#include <array>
#include <cstring>
#include <fmt/format.h>
#include <utility>

namespace tenon::plugin_host {

InstancePool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)), instance_(other.instance_) {}

InstancePool::Lease::~Lease() {
    if (pool_ != nullptr) {
        pool_->put_back(instance_);
    }
}

InstancePool::~InstancePool() {
    for (void* const instance : idle_) {
        if (descriptor_.destroy != nullptr) {
            descriptor_.destroy(instance);
        }
    }
}

bool InstancePool::shared() const noexcept {
    return (descriptor_.flags & TENON_HANDLER_CONCURRENT) != 0;
}

Result<InstancePool::Lease> InstancePool::take() {
    if (descriptor_.create == nullptr) {
        return Lease(*this, nullptr);
    }
    std::unique_lock lock(mutex_);
    if (!idle_.empty()) {
        void* const instance = idle_.back();
        if (!shared()) {
            idle_.pop_back();
        }
        return Lease(*this, instance);
    }
    if (!shared()) {
        lock.unlock();  // Only the shared instance has to be made once.
    }
    const auto instance = create();
    if (!instance) {
        return instance.error();
    }
    if (!shared()) {
        lock.lock();
    }
    idle_.reserve(++created_);  // So that putting it back cannot fail.
    if (shared()) {
        idle_.push_back(*instance);
    }
    return Lease(*this, *instance);
}

Result<void*> InstancePool::create() const {
    void* instance = nullptr;
    std::array<char, 1024> error{};
    const auto made =
        descriptor_.create(descriptor_.user, {"{}", 2}, &instance, error.data(), error.size());
    if (made == TENON_OK) {
        return instance;
    }
    const std::string_view why(error.data(), ::strnlen(error.data(), error.size()));
    return Error{
        ErrorCode::plugin_failure,
        fmt::format(
            "{} could not be created: {}",
            descriptor_.callable,
            why.empty() ? fmt::format("status {}", made) : to_valid_utf8(why)
        )
    };
}

void InstancePool::put_back(void* instance) noexcept {
    if (descriptor_.create == nullptr || shared()) {
        return;
    }
    const std::lock_guard lock(mutex_);
    idle_.push_back(instance);
}

}  // namespace tenon::plugin_host
