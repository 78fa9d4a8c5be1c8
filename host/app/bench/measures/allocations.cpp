// Replaces the operators of the whole program, as C++ allows each program to do once. They do what
// the library's do, and count.

#include "app/bench/measures/allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define TENON_ALLOCATIONS_ARE_WATCHED
#endif
#endif

namespace tenon::app {
namespace {

#ifndef TENON_ALLOCATIONS_ARE_WATCHED

// A thread tells the others of its count every so often: an atomic for each allocation would be
// shared by all of them, and cost more than many an allocation.
constexpr std::uint64_t told_every = 16;

constinit std::atomic<std::uint64_t> told{0};

#endif

constinit std::atomic<std::uint64_t> uncounted{0};

// The first time a variable of another kind is used in a thread, memory is needed for it.
[[gnu::tls_model("initial-exec")]] constinit thread_local std::uint64_t of_this_thread = 0;

}  // namespace

std::optional<std::uint64_t> allocations_so_far() noexcept {
#ifdef TENON_ALLOCATIONS_ARE_WATCHED
    return std::nullopt;
#else
    return told.load(std::memory_order_relaxed) - uncounted.load(std::memory_order_relaxed);
#endif
}

UncountedAllocations::UncountedAllocations() noexcept : before_(of_this_thread) {}

UncountedAllocations::~UncountedAllocations() {
    uncounted.fetch_add(of_this_thread - before_, std::memory_order_relaxed);
}

namespace {

#ifndef TENON_ALLOCATIONS_ARE_WATCHED

void count() noexcept {
    if (++of_this_thread % told_every == 0) {
        told.fetch_add(told_every, std::memory_order_relaxed);
    }
}

/// Asks until there is memory, or nobody is left who could free some.
template <class Ask>
void* allocate(Ask ask) {
    count();
    while (true) {
        if (void* memory = ask()) {
            return memory;
        }
        const auto free_some = std::get_new_handler();
        if (free_some == nullptr) {
            throw std::bad_alloc();
        }
        free_some();
    }
}

#endif

}  // namespace
}  // namespace tenon::app

#ifndef TENON_ALLOCATIONS_ARE_WATCHED

// The other forms call these.
void* operator new(std::size_t size) {
    return tenon::app::allocate([size] { return std::malloc(size == 0 ? 1 : size); });
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    const auto step = static_cast<std::size_t>(alignment);
    const auto whole = (size + step - 1) / step * step;  // aligned_alloc wants a multiple.
    return tenon::app::allocate([step, whole] {
        return std::aligned_alloc(step, whole == 0 ? step : whole);
    });
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}

#endif
