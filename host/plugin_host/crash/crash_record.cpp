#include "plugin_host/crash/crash_record.hpp"

#include "foundation/utf8.hpp"

#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <string_view>

namespace tenon::plugin_host {
namespace {

constexpr std::size_t shown_digits = 12;

template <std::size_t N>
std::string text_of(const std::array<char, N>& text) {
    return to_valid_utf8(std::string_view(text.data(), ::strnlen(text.data(), N)), N);
}

std::string what_happened(const CrashRecord& record) {
    if (record.signal == 0) {
        return fmt::format("exit({}) was called", record.code);
    }
    if (record.sender != 0 && record.sender != static_cast<std::int32_t>(record.process)) {
        return fmt::format("died of {} from process {}", signal_name(record.signal), record.sender);
    }
    if (record.code <= 0) {
        return "died of " + signal_name(record.signal);
    }
    return fmt::format("died of {} at address {:#x}", signal_name(record.signal), record.address);
}

std::string where(CrashBlame blame) {
    switch (blame) {
        case CrashBlame::nobody: break;
        case CrashBlame::call: return "in a call of ";
        case CrashBlame::instruction: return "on a thread of ";
        case CrashBlame::stack: return "on a thread below ";
        case CrashBlame::load: return "while it loaded, started or ended ";
    }
    return "no plugin being known to blame";
}

}  // namespace

std::string signal_name(int signal) {
    const char* name = ::sigabbrev_np(signal);
    return name == nullptr ? fmt::format("signal {}", signal) : std::string("SIG") + name;
}

std::string describe(const CrashRecord& record) {
    auto sentence = what_happened(record) + ", " + where(record.blame);
    if (record.blame == CrashBlame::nobody) {
        return sentence;
    }
    sentence += fmt::format(
        "{} {} (sha256 {}",
        text_of(record.plugin_id),
        text_of(record.version),
        text_of(record.sha256).substr(0, shown_digits)
    );
    if (record.offset != 0) {
        const auto build = text_of(record.build_id);
        sentence += fmt::format(
            ", {}+{:#x}", build.empty() ? "build" : build.substr(0, shown_digits), record.offset
        );
    }
    sentence += ")";
    if (const auto callable = text_of(record.callable); !callable.empty()) {
        sentence += ", callable " + callable;
    }
    if (const auto step = text_of(record.step_uuid); !step.empty()) {
        sentence += fmt::format(", step {}, attempt {}", step, record.attempt);
    }
    return sentence;
}

}  // namespace tenon::plugin_host
