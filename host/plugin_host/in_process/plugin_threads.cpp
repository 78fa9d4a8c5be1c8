#include "plugin_host/in_process/plugin_threads.hpp"

#include "plugin_host/trust/trusted_file.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

namespace tenon::plugin_host {
namespace {

namespace fs = std::filesystem;

// The threads that came through enter_plugin_code() and still live.
class OwnThreads {
public:
    void add(pid_t thread) {
        const std::lock_guard lock(mutex_);
        threads_.insert(thread);
    }

    void remove(pid_t thread) {
        const std::lock_guard lock(mutex_);
        threads_.erase(thread);
    }

    bool has(pid_t thread) const {
        const std::lock_guard lock(mutex_);
        return threads_.contains(thread);
    }

private:
    mutable std::mutex mutex_;
    std::set<pid_t> threads_;
};

OwnThreads& own_threads() {
    static auto& threads = *new OwnThreads;
    return threads;
}

struct OwnThread {
    OwnThread() { own_threads().add(number); }

    OwnThread(const OwnThread&) = delete;
    OwnThread& operator=(const OwnThread&) = delete;

    ~OwnThread() { own_threads().remove(number); }

    pid_t number = ::gettid();
};

struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;

    bool holds(std::uint64_t address) const noexcept { return address >= begin && address < end; }
};

// Where the code of the image is, and every stack.
struct Mappings {
    std::vector<Range> code;
    std::vector<Range> writable;

    explicit Mappings(const std::string& image) {
        std::ifstream maps("/proc/self/maps");
        for (std::string line; std::getline(maps, line);) {
            Range range;
            char dash = 0;
            std::string access;
            std::istringstream(line) >> std::hex >> range.begin >> dash >> range.end >> access;
            if (access.find('x') != std::string::npos && line.ends_with(image)) {
                code.push_back(range);
            } else if (access.starts_with("rw")) {
                writable.push_back(range);
            }
        }
    }

    bool is_code(std::uint64_t address) const noexcept {
        return std::ranges::any_of(code, [address](const Range& range) {
            return range.holds(address);
        });
    }
};

struct Registers {
    std::uint64_t stack = 0;
    std::uint64_t instruction = 0;
};

// Of a thread that waits in the kernel; nothing for one that runs, and for one that is gone.
std::optional<Registers> registers_of(const fs::path& task, bool& runs) {
    std::ifstream file(task / "syscall");
    std::string line;
    std::getline(file, line);
    runs = line == "running";
    const auto last = line.rfind(' ');
    if (runs || last == std::string::npos || last == 0) {
        return std::nullopt;
    }
    const auto before = line.rfind(' ', last - 1);
    constexpr int hexadecimal = 16;
    return Registers{
        .stack = std::strtoull(line.c_str() + before + 1, nullptr, hexadecimal),
        .instruction = std::strtoull(line.c_str() + last + 1, nullptr, hexadecimal)
    };
}

// Reads the stack through the kernel: its thread may end meanwhile, and the stack with it.
bool returns_into_code(const Registers& thread, const Mappings& mappings) {
    constexpr std::uint64_t most = std::uint64_t{256} * 1024;
    const auto stack = std::ranges::find_if(mappings.writable, [&](const Range& range) {
        return range.holds(thread.stack);
    });
    if (stack == mappings.writable.end()) {
        return false;
    }
    const FileDescriptor memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
    std::vector<std::uint64_t> words(std::min(stack->end - thread.stack, most) / sizeof(void*));
    const auto size = ::pread(
        memory.get(),
        words.data(),
        words.size() * sizeof(std::uint64_t),
        static_cast<off_t>(thread.stack)
    );
    words.resize(size < 0 ? 0 : static_cast<std::size_t>(size) / sizeof(std::uint64_t));
    return std::ranges::any_of(words, [&](std::uint64_t word) { return mappings.is_code(word); });
}

// One that never waits while we look may be anywhere.
bool is_inside(const fs::path& task, const Mappings& mappings) {
    constexpr int looks = 20;
    for (int i = 0; i < looks; ++i) {
        bool runs = false;
        if (const auto thread = registers_of(task, runs)) {
            return mappings.is_code(thread->instruction) || returns_into_code(*thread, mappings);
        }
        if (!runs) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

}  // namespace

void enter_plugin_code() {
    static thread_local OwnThread own;
    static_cast<void>(own);
}

std::size_t threads_inside(const std::string& image) {
    const Mappings mappings(image);
    std::size_t count = 0;
    std::error_code problem;
    for (fs::directory_iterator task("/proc/self/task", problem), end;
         !mappings.code.empty() && !problem && task != end;
         task.increment(problem)) {
        const auto number = std::atoi(task->path().filename().c_str());
        if (number != ::gettid() && !own_threads().has(number)) {
            count += is_inside(task->path(), mappings) ? 1U : 0U;
        }
    }
    return count;
}

}  // namespace tenon::plugin_host
