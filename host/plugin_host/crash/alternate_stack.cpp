#include "plugin_host/crash/alternate_stack.hpp"

#include <algorithm>
#include <sys/mman.h>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

// What a signal handler of a sanitizer needs, too.
constexpr std::size_t least_bytes = std::size_t{128} * 1024;

}  // namespace

AlternateStack::AlternateStack() noexcept
    : bytes_(std::max(least_bytes, static_cast<std::size_t>(::sysconf(_SC_SIGSTKSZ)))) {
    void* const memory = ::mmap(
        nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0
    );
    if (memory == MAP_FAILED) {
        return;
    }
    const stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = bytes_};
    if (::sigaltstack(&stack, &before_) != 0) {
        ::munmap(memory, bytes_);
        return;
    }
    memory_ = memory;
}

AlternateStack::~AlternateStack() {
    if (memory_ != nullptr && ::sigaltstack(&before_, nullptr) == 0) {
        ::munmap(memory_, bytes_);
    }
}

}  // namespace tenon::plugin_host
