#include "plugin_host/validation/probe_call.hpp"

#include "foundation/json_text.hpp"

#include <tenon/abi/extensions.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <sys/timerfd.h>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<std::uint64_t> late_use_count{0};

std::string_view view_of(tenon_str text) noexcept {
    return text.ptr == nullptr ? std::string_view{} : std::string_view(text.ptr, text.len);
}

// One call. Kept until the process ends, so that a handle that is used too late is noticed and not
// a fault of this host.
class Probe {
public:
    explicit Probe(const ProbeInput& given) : input(given), began(Clock::now()) {
        if (input.cancel_after) {
            timer = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
            itimerspec due{};
            due.it_value.tv_sec = input.cancel_after->count() / 1000;
            due.it_value.tv_nsec = input.cancel_after->count() % 1000 * 1'000'000 + 1;
            ::timerfd_settime(timer, 0, &due, nullptr);
        }
    }

    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;
    ~Probe() = default;

    void end() {
        ended = true;
        if (timer >= 0) {
            ::close(timer);
        }
    }

    bool cancelled() const {
        return input.fault == HostFault::stop_at_once ||
               (input.cancel_after && Clock::now() >= began + *input.cancel_after);
    }

    tenon_call* handle() noexcept { return reinterpret_cast<tenon_call*>(this); }

    // The probe behind a handle, or null after its call ended.
    static Probe* of(const tenon_call* call) noexcept {
        auto* probe = reinterpret_cast<Probe*>(const_cast<tenon_call*>(call));
        if (probe->ended) {
            ++late_use_count;
            return nullptr;
        }
        return probe;
    }

    const ProbeInput input;
    const Clock::time_point began;
    int timer = -1;
    std::atomic<bool> ended{false};
    ProbeOutcome outcome;
    std::string reserved;
    bool uses_reserved = false;
    std::mutex mutex;  // complete() comes from any thread.
    std::condition_variable completed;
    std::optional<tenon_status> completion;
};

Probe& keep(const ProbeInput& input) {
    static std::mutex mutex;
    static auto& probes = *new std::deque<std::unique_ptr<Probe>>;
    const std::lock_guard lock(mutex);
    return *probes.emplace_back(std::make_unique<Probe>(input));
}

void take_result(Probe& probe, std::string_view json) {
    const auto checked = check_json(json);
    probe.outcome.has_result = static_cast<bool>(checked);
    probe.outcome.bad_result = checked ? "" : checked.error().detail;
}

tenon_status set_result(tenon_call* call, tenon_str json) noexcept {
    auto* probe = Probe::of(call);
    if (probe == nullptr) {
        return TENON_E_STATE;
    }
    if (probe->input.fault == HostFault::result_refused) {
        return TENON_E_TOO_LARGE;
    }
    probe->uses_reserved = false;
    take_result(*probe, view_of(json));
    return probe->outcome.has_result ? TENON_OK : TENON_E_INVALID;
}

tenon_status reserve_result(tenon_call* call, std::uint64_t bytes, char** buffer) noexcept {
    constexpr std::uint64_t most = JsonLimits{}.max_bytes;
    auto* probe = Probe::of(call);
    if (probe == nullptr) {
        return TENON_E_STATE;
    }
    if (bytes > most || probe->input.fault == HostFault::result_refused) {
        return TENON_E_TOO_LARGE;
    }
    probe->reserved.assign(bytes, ' ');
    probe->uses_reserved = true;
    *buffer = probe->reserved.data();
    return TENON_OK;
}

tenon_status set_error(tenon_call* call, const tenon_error* error) noexcept {
    auto* probe = Probe::of(call);
    if (probe == nullptr) {
        return TENON_E_STATE;
    }
    if (error == nullptr || probe->input.fault == HostFault::error_refused) {
        return TENON_E_INVALID;
    }
    probe->outcome.has_error = true;
    return TENON_OK;
}

tenon_status result_of(tenon_call* call, tenon_str /*step*/, tenon_str* /*json*/) noexcept {
    auto* probe = Probe::of(call);
    if (probe == nullptr) {
        return TENON_E_STATE;
    }
    return probe->input.fault == HostFault::ancestors_away ? TENON_E_INTERNAL : TENON_E_NOT_FOUND;
}

std::int32_t cancel_reason(const tenon_call* call) noexcept {
    const auto* probe = Probe::of(call);
    return probe == nullptr || probe->cancelled() ? TENON_CANCEL_TASK : TENON_NOT_CANCELLED;
}

void log(tenon_call* call, std::int32_t /*level*/, tenon_str /*text*/, tenon_str /*f*/) noexcept {
    Probe::of(call);
}

tenon_status complete(tenon_call* call, tenon_status status) noexcept {
    auto* probe = Probe::of(call);
    if (probe == nullptr) {
        return TENON_E_STATE;
    }
    const std::lock_guard lock(probe->mutex);
    if (probe->completion) {
        return TENON_E_STATE;
    }
    probe->completion = status;
    probe->completed.notify_all();
    return TENON_OK;
}

tenon_status publish(tenon_call* call, tenon_str /*name*/, tenon_str payload) noexcept {
    if (Probe::of(call) == nullptr) {
        return TENON_E_STATE;
    }
    return check_json(view_of(payload)) ? TENON_OK : TENON_E_INVALID;
}

tenon_status beat(tenon_call* call, double /*fraction*/, tenon_str /*message*/) noexcept {
    const auto* probe = Probe::of(call);
    return probe == nullptr || probe->cancelled() ? TENON_E_CANCELLED : TENON_OK;
}

tenon_status save(tenon_call* call, tenon_str json) noexcept {
    auto* probe = Probe::of(call);
    if (probe == nullptr) {
        return TENON_E_STATE;
    }
    switch (probe->input.fault) {
        case HostFault::checkpoint_away: return TENON_E_INTERNAL;
        case HostFault::checkpoint_lost: return TENON_E_CANCELLED;
        default: break;
    }
    if (!check_json(view_of(json))) {
        return TENON_E_INVALID;
    }
    probe->outcome.checkpoint = view_of(json);
    return TENON_OK;
}

std::int32_t cancel_descriptor(tenon_call* call) noexcept {
    const auto* probe = Probe::of(call);
    return probe == nullptr ? -1 : probe->timer;
}

const void* get_extension(tenon_call* call, const char* id) noexcept {
    static constexpr tenon_events events{sizeof(tenon_events), 0, &publish};
    static constexpr tenon_heartbeat heartbeat{sizeof(tenon_heartbeat), 0, &beat};
    static constexpr tenon_checkpoint checkpoint{sizeof(tenon_checkpoint), 0, &save};
    static constexpr tenon_cancel_fd cancel_fd{sizeof(tenon_cancel_fd), 0, &cancel_descriptor};
    static constexpr std::array<std::pair<std::string_view, const void*>, 4> offered{{
        {TENON_EXT_EVENTS, &events},
        {TENON_EXT_HEARTBEAT, &heartbeat},
        {TENON_EXT_CHECKPOINT, &checkpoint},
        {TENON_EXT_CANCEL_FD, &cancel_fd},
    }};
    const auto* probe = Probe::of(call);
    if (probe == nullptr || id == nullptr || probe->input.fault == HostFault::no_extensions) {
        return nullptr;
    }
    const auto* found = std::ranges::find(offered, std::string_view(id), [](const auto& pair) {
        return pair.first;
    });
    return found == offered.end() ? nullptr : found->second;
}

constexpr tenon_call_api services{
    .size = sizeof(tenon_call_api),
    .reserved = 0,
    .set_result = &set_result,
    .reserve_result = &reserve_result,
    .set_error = &set_error,
    .result_of = &result_of,
    .cancel_reason = &cancel_reason,
    .log = &log,
    .complete = &complete,
    .get_extension = &get_extension,
};

// Texts that the handler is lent, one after another, so that a write to any of them shows.
class LentMemory {
public:
    LentMemory(const ProbeInput& input, std::string_view callable) {
        // Room for all of it, so that what was lent stays where it is.
        constexpr std::size_t fixed = 1024;
        text_.reserve(
            fixed + input.context.size() + input.initialization.size() + input.checkpoint.size() +
            input.method.size() + callable.size()
        );
        step_.size = sizeof step_;
        step_.attempt = input.attempt;
        step_.max_attempts = 3;
        step_.callable = lend(callable);
        step_.method = lend(input.method);
        step_.task_uuid = lend("01900000-0000-7000-8000-000000000000");
        step_.step_uuid = lend("01900000-0000-7000-8000-000000000001");
        step_.step_name = lend("validate");
        step_.namespace_name = lend("validate");
        step_.correlation_id = lend("01900000-0000-7000-8000-0000000000c0");
        step_.context_json = lend(input.context);
        step_.initialization_json = lend(input.initialization);
        step_.checkpoint_json = lend(input.checkpoint);
        step_.dependency_stride = sizeof(tenon_dependency);
        step_.api = &services;
        lent_step_ = step_;
        lent_text_ = text_;
    }

    const tenon_step& step() const noexcept { return step_; }

    bool changed() const {
        return text_ != lent_text_ || std::memcmp(&step_, &lent_step_, sizeof step_) != 0;
    }

private:
    tenon_str lend(std::string_view text) {
        const auto offset = text_.size();
        text_ += text;
        return {text_.data() + offset, text.size()};
    }

    std::string text_;
    std::string lent_text_;
    tenon_step step_{};
    tenon_step lent_step_{};
};

void call_guarded(const tenon_handler& handler, void* instance, Probe& probe, LentMemory& lent) {
    auto& outcome = probe.outcome;
    try {
        outcome.status = handler.call(instance, probe.handle(), &lent.step());
    } catch (const std::exception& error) {
        outcome.exception = error.what();
    } catch (...) {
        outcome.exception = "something that is no std::exception";
    }
    if (outcome.status == TENON_PENDING && outcome.exception.empty()) {
        std::unique_lock lock(probe.mutex);
        probe.completed.wait(lock, [&probe] { return probe.completion.has_value(); });
        outcome.status = *probe.completion;
    }
}

}  // namespace

std::string_view to_string(HostFault fault) noexcept {
    switch (fault) {
        case HostFault::none: return "nothing fails";
        case HostFault::result_refused: return "the result is refused";
        case HostFault::error_refused: return "the error is refused";
        case HostFault::ancestors_away: return "results of other steps cannot be had";
        case HostFault::no_extensions: return "there are no extensions";
        case HostFault::checkpoint_away: return "checkpoints cannot be stored";
        case HostFault::checkpoint_lost: return "the attempt belongs to another host";
        case HostFault::stop_at_once: return "the call is cancelled from the start";
    }
    return "";
}

ProbeOutcome run_probe(const tenon_handler& handler, void* instance, const ProbeInput& input) {
    auto& probe = keep(input);
    LentMemory lent(probe.input, handler.callable);
    call_guarded(handler, instance, probe, lent);
    if (probe.uses_reserved) {
        take_result(probe, probe.reserved);
    }
    probe.outcome.wrote_to_host = lent.changed();
    probe.end();
    return probe.outcome;
}

std::uint64_t late_uses() noexcept {
    return late_use_count;
}

}  // namespace tenon::plugin_host
