#pragma once

#include <cstdint>
#include <optional>

namespace tenon::app {

/// How often this process asked C++ for memory so far (`operator new` of any kind; what C libraries
/// take with malloc is not seen), known to a few for each thread; nullopt where a sanitizer has the
/// operators. To count costs an increment of a variable of the thread. [any-thread]
std::optional<std::uint64_t> allocations_so_far() noexcept;

/// While it lives, what its thread allocates does not count: it is the benchmark's own.
/// [any-thread]
class UncountedAllocations {
public:
    UncountedAllocations() noexcept;
    ~UncountedAllocations();
    UncountedAllocations(const UncountedAllocations&) = delete;
    UncountedAllocations& operator=(const UncountedAllocations&) = delete;

private:
    std::uint64_t before_;
};

}  // namespace tenon::app
