#pragma once

#include "foundation/result.hpp"

#include <tenon/abi/plugin.h>

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace tenon::plugin_host {

/// The instances of one handler: one for all calls when its author declared it concurrent, else
/// one for each call that runs at the same time, made on demand and kept. [any-thread]
class InstancePool {
public:
    /// `descriptor` outlives the pool.
    explicit InstancePool(const tenon_handler& descriptor) : descriptor_(descriptor) {}

    InstancePool(const InstancePool&) = delete;
    InstancePool& operator=(const InstancePool&) = delete;

    /// Destroys the instances. No lease may be out.
    ~InstancePool();

    /// An instance for the time of one call.
    class Lease {
    public:
        Lease(InstancePool& pool, void* instance) noexcept : pool_(&pool), instance_(instance) {}

        Lease(Lease&& other) noexcept;
        Lease& operator=(Lease&&) = delete;
        ~Lease();

        void* get() const noexcept { return instance_; }

    private:
        InstancePool* pool_;
        void* instance_;
    };

    /// An idle instance or a new one. The error is the plugin's own sentence.
    Result<Lease> take();

private:
    bool shared() const noexcept;
    Result<void*> create() const;
    void put_back(void* instance) noexcept;

    const tenon_handler& descriptor_;

    // A mutex, because calls come from every pool thread; held for a push or a pop.
    std::mutex mutex_;
    std::vector<void*> idle_;  // The shared instance stays in it while it is used.
    std::size_t created_ = 0;
};

}  // namespace tenon::plugin_host
