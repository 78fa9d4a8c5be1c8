#include "plugin_host/crash/crash_watch.hpp"

#include "plugin_host/crash/call_under_way.hpp"
#include "plugin_host/crash/guest_code.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <span>
#include <string_view>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

constexpr std::array crash_signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

// How much of a stack is looked through for code of a plugin.
constexpr std::size_t stack_chunk = 4096;
constexpr std::size_t stack_chunks = 16;

// What the handler needs, all of it there before anything can crash.
struct Watch {
    std::atomic<CrashRecord*> page{nullptr};  // Null: nobody watches.
    std::atomic<pid_t> process{0};
    std::atomic<bool> taken{false};  // By the first thread that crashes.
    std::atomic<bool> written{false};
    std::array<struct sigaction, crash_signals.size()> before{};
};

Watch watch;

template <std::size_t N>
void copy(std::array<char, N>& to, std::string_view text) noexcept {
    const auto length = std::min(text.size(), N - 1);
    std::copy_n(text.data(), length, to.data());
    to[length] = '\0';
}

struct Place {
    std::uint64_t instruction = 0;
    std::uint64_t stack = 0;
};

Place place_of(const void* context) noexcept {
    const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
    return {
        .instruction = static_cast<std::uint64_t>(machine.gregs[REG_RIP]),
        .stack = static_cast<std::uint64_t>(machine.gregs[REG_RSP])
    };
#elif defined(__aarch64__)
    return {.instruction = machine.pc, .stack = machine.sp};
#else
    return {};
#endif
}

/// The innermost code of a plugin among what lies on a stack: return addresses, mostly. The kernel
/// reads it, which cannot crash where the stack ends.
std::optional<GuestCode::Place> find_on_stack(std::uint64_t stack) noexcept {
    for (std::size_t i = 0; i < stack_chunks; ++i) {
        std::array<std::uint64_t, stack_chunk / sizeof(std::uint64_t)> words{};
        const iovec to{.iov_base = words.data(), .iov_len = stack_chunk};
        const iovec from{
            .iov_base = reinterpret_cast<void*>(stack + i * stack_chunk),  // NOLINT
            .iov_len = stack_chunk
        };
        const auto got = ::process_vm_readv(::getpid(), &to, 1, &from, 1, 0);
        const auto count = got <= 0 ? 0 : static_cast<std::size_t>(got) / sizeof(std::uint64_t);
        if (const auto place = GuestCode::find_first(std::span(words).first(count))) {
            return place;
        }
        if (count < words.size()) {
            break;
        }
    }
    return std::nullopt;
}

void name_build(CrashRecord& record, const PluginInfo& build) noexcept {
    copy(record.sha256, build.sha256);
    copy(record.build_id, build.build_id);
    copy(record.version, build.version);
    copy(record.plugin_id, build.id);
}

void name_work(CrashRecord& record, const GuestWork& work) noexcept {
    record.blame = work.callable == nullptr ? CrashBlame::load : CrashBlame::call;
    if (work.build != nullptr) {
        name_build(record, *work.build);
    }
    if (work.callable != nullptr) {
        copy(record.callable, *work.callable);
    }
    if (work.step != nullptr) {
        copy(record.task_uuid, work.step->task_uuid);
        copy(record.step_uuid, work.step->step_uuid);
        record.attempt = work.step->attempt;
    }
}

/// Who is to blame. What does most for the next start comes first: this may crash itself.
void put_down_to(CrashRecord& record, const Place& place) noexcept {
    const auto* const work = guest_work;
    if (work != nullptr) {
        name_work(record, *work);
    }
    auto found = GuestCode::find(place.instruction);
    const bool at_fault = found.has_value();
    if (!found) {
        found = find_on_stack(place.stack);
    }
    if (found && work == nullptr) {
        record.blame = at_fault ? CrashBlame::instruction : CrashBlame::stack;
        name_build(record, *found->build);
    }
    if (found) {
        record.offset = found->offset;
    }
}

/// Everything but the signal, which the caller has put down.
void complete(CrashRecord& record, const Place& place, bool somebody_elses) noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    record.time_s = now.tv_sec;
    record.thread = static_cast<std::uint32_t>(::gettid());
    record.instruction = place.instruction;
    record.stage = CrashStage::begun;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (!somebody_elses) {
        put_down_to(record, place);
    }
    std::atomic_signal_fence(std::memory_order_seq_cst);
    record.stage = CrashStage::complete;
}

/// The page, writable, for the first thread that crashes; null for everybody else, and in a process
/// that a plugin forked.
CrashRecord* take_page() noexcept {
    auto* const page = watch.page.load();
    if (page == nullptr || watch.process != ::getpid() || watch.taken.exchange(true) ||
        !set_writable(page, true)) {
        return nullptr;
    }
    return page;
}

void write_record(int signal, const siginfo_t& info, const void* context) noexcept {
    auto* const record = take_page();
    if (record == nullptr) {
        return;
    }
    const bool sent = info.si_code <= 0;
    record->signal = signal;
    record->code = info.si_code;
    record->sender = sent ? info.si_pid : 0;
    record->address = sent ? 0 : reinterpret_cast<std::uint64_t>(info.si_addr);
    complete(*record, place_of(context), sent && info.si_pid != watch.process);
    watch.written = true;
}

/// Another thread crashed first: it shall have the time to say so.
void await_writer() noexcept {
    constexpr timespec moment{.tv_sec = 0, .tv_nsec = 1'000'000};
    for (int i = 0; i < 500 && watch.page != nullptr && !watch.written; ++i) {
        ::nanosleep(&moment, nullptr);
    }
}

void on_crash(int signal, siginfo_t* info, void* context) {
    const int error = errno;
    write_record(signal, *info, context);
    if (watch.process == ::getpid()) {
        await_writer();
    }
    const auto found = std::ranges::find(crash_signals, signal);
    const auto index = static_cast<std::size_t>(found - crash_signals.begin());
    ::sigaction(signal, &watch.before.at(index), nullptr);
    // Blocked until this returns; then it does what it does, where it came from.
    ::syscall(SYS_tgkill, ::getpid(), ::gettid(), signal);
    errno = error;
}

/// Nobody of the host calls exit() before it has ended in order.
void on_exit_called(int status) noexcept {
    auto* const record = take_page();
    if (record == nullptr) {
        return;
    }
    record->signal = 0;
    record->code = status;
    complete(
        *record, {.stack = reinterpret_cast<std::uint64_t>(__builtin_frame_address(0))}, false
    );
    // Its other threads live: what destructors would take from under them, they may still use.
    ::_exit(status);
}

void hear_of_exits() {
    static const bool once = [] {
        ::on_exit([](int status, void* /*none*/) { on_exit_called(status); }, nullptr);
        std::at_quick_exit([] { on_exit_called(-1); });
        return true;
    }();
    static_cast<void>(once);
}

}  // namespace

CrashWatch::CrashWatch(CrashFile& file) {
    watch.process = ::getpid();
    watch.taken = false;
    watch.written = false;
    watch.page = file.page();
    hear_of_exits();
    struct sigaction action{};
    action.sa_sigaction = &on_crash;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ::sigfillset(&action.sa_mask);
    for (std::size_t i = 0; i < crash_signals.size(); ++i) {
        ::sigaction(crash_signals.at(i), &action, &watch.before.at(i));
    }
}

CrashWatch::~CrashWatch() {
    watch.page = nullptr;
    for (std::size_t i = 0; i < crash_signals.size(); ++i) {
        ::sigaction(crash_signals.at(i), &watch.before.at(i), nullptr);
    }
}

std::string CrashWatch::taken_signals() {
    std::string names;
    for (const int signal : crash_signals) {
        struct sigaction now{};
        ::sigaction(signal, nullptr, &now);
        const bool ours = (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == &on_crash;
        if (watch.page != nullptr && !ours) {
            names += (names.empty() ? "" : ", ") + signal_name(signal);
        }
    }
    return names;
}

}  // namespace tenon::plugin_host
