#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

namespace tenon::plugin_host {

/// How far a host came. Stored as a number: append only.
enum class HostPhase : std::uint32_t {
    starting = 1,
    ready = 2,
};

/// How much of a record was written. Stored as a number: append only.
enum class CrashStage : std::uint32_t {
    none = 0,   ///< It did not crash, or was killed without a word.
    begun = 1,  ///< The signal and its address are true; more could not be written.
    complete = 2,
};

/// Where the code of the plugin was found that a crash is put down to. Stored as a number.
enum class CrashBlame : std::uint32_t {
    nobody = 0,
    call = 1,         ///< A handler's call was under way on the thread.
    instruction = 2,  ///< The faulting instruction is the plugin's, on a thread of its own.
    stack = 3,        ///< The plugin's code is the innermost on the stack of such a thread.
    load = 4,         ///< The plugin was being loaded, started, instantiated or ended.
};

/// What a host that crashes leaves behind: one page of its crash file, of a fixed layout, which a
/// signal handler can fill in. Texts end with a zero and are cut where they do not fit.
struct CrashRecord {
    static constexpr std::uint64_t expected_magic = 0x31305243'4e4e4554U;  // "TENNCR01"

    std::uint64_t magic = expected_magic;
    std::uint32_t size = 0;     ///< Of this struct, in the host that wrote it.
    std::uint32_t process = 0;  ///< The host's process id.
    std::uint64_t home = 0;     ///< Whose steps: see `CrashFile`.
    HostPhase phase = HostPhase::starting;
    CrashStage stage = CrashStage::none;
    CrashBlame blame = CrashBlame::nobody;
    std::int32_t signal = 0;        ///< 0: exit() was called.
    std::int32_t code = 0;          ///< si_code; of an exit() its status.
    std::int32_t sender = 0;        ///< The process that sent the signal; 0: the kernel.
    std::uint64_t address = 0;      ///< What was touched.
    std::uint64_t instruction = 0;  ///< Where the thread was.
    std::uint64_t offset = 0;       ///< The plugin's address as its own ELF file has it.
    std::int64_t time_s = 0;        ///< Since 1970.
    std::uint32_t thread = 0;
    std::uint32_t attempt = 0;
    std::array<char, 65> sha256{};
    std::array<char, 43> build_id{};
    std::array<char, 65> version{};
    std::array<char, 131> plugin_id{};
    std::array<char, 260> callable{};
    std::array<char, 37> task_uuid{};
    std::array<char, 37> step_uuid{};
};

static_assert(std::is_trivially_copyable_v<CrashRecord>);
static_assert(sizeof(CrashRecord) <= 4096);
static_assert(offsetof(CrashRecord, phase) == 24);
static_assert(offsetof(CrashRecord, address) == 48);
static_assert(offsetof(CrashRecord, sha256) == 88);

/// "SIGSEGV", or "signal 77".
std::string signal_name(int signal);

/// What happened, in words that follow a subject: "died of SIGSEGV at address 0x0, in …".
std::string describe(const CrashRecord& record);

}  // namespace tenon::plugin_host
