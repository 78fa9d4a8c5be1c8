#include "plugin_host/runner/guest/remote_services.hpp"

#include "plugin_host/runner/guest/runner_descriptors.hpp"

#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

// Nobody is there to work for any more, or nobody who can be understood.
[[noreturn]] void end_process() {
    constexpr int host_is_gone = 71;
    ::_exit(host_is_gone);
}

}  // namespace

RemoteServices::~RemoteServices() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

std::optional<std::string> RemoteServices::result_of(std::string_view step_name) {
    const std::lock_guard lock(mutex_);
    auto answer = ask(writer(FrameType::result_of).text(step_name));
    if (answer.reply == Reply::yes) {
        return std::move(answer.text);
    }
    if (answer.reply == Reply::impossible) {
        throw std::runtime_error("the host could not look it up");
    }
    return std::nullopt;
}

std::int32_t RemoteServices::cancel_reason() const noexcept {
    return page_.cancel_reason.load(std::memory_order_acquire);
}

// One of its own for each call: whatever the plugin does to it ends with the call.
int RemoteServices::cancel_descriptor() noexcept {
    const std::lock_guard lock(mutex_);
    if (descriptor_ < 0) {
        descriptor_ = ::fcntl(static_cast<int>(RunnerDescriptor::cancel), F_DUPFD_CLOEXEC, 0);
    }
    return descriptor_;
}

CheckpointStatus RemoteServices::save_checkpoint(std::string_view json) {
    const std::lock_guard lock(mutex_);
    switch (ask(writer(FrameType::checkpoint).text(json)).reply) {
        case Reply::yes: return CheckpointStatus::saved;
        case Reply::no: return CheckpointStatus::not_ours;
        default: return CheckpointStatus::unavailable;
    }
}

bool RemoteServices::beat(std::optional<double> fraction, std::string message) {
    const std::lock_guard lock(mutex_);
    const auto answer = ask(
        writer(FrameType::heartbeat).u8(fraction ? 1 : 0).f64(fraction.value_or(0.0)).text(message)
    );
    return answer.reply != Reply::no;
}

bool RemoteServices::publish(std::string_view name, std::string_view payload_json) {
    const std::lock_guard lock(mutex_);
    return ask(writer(FrameType::event).text(name).text(payload_json)).reply == Reply::yes;
}

void RemoteServices::log(
    std::int32_t level,
    std::string_view message,
    std::string_view fields_json
) {
    const std::lock_guard lock(mutex_);
    send(writer(FrameType::log)
             .u32(static_cast<std::uint32_t>(level))
             .text(message)
             .text(fields_json));
}

FrameWriter RemoteServices::writer(FrameType type) {
    return {buffer_, type, call_};
}

RemoteServices::Answer RemoteServices::ask(FrameWriter& request) {
    send(request);
    Frame frame;
    if (socket_.receive(frame) != FrameSocket::Outcome::done ||
        frame.header.type != FrameType::answer || frame.header.call != call_) {
        end_process();
    }
    const auto answer = read_answer(frame.payload);
    if (!answer) {
        end_process();
    }
    return {answer->reply, std::string(answer->text)};
}

void RemoteServices::send(FrameWriter& frame) {
    const auto bytes = frame.finish();
    if (!bytes) {
        throw std::runtime_error(bytes.error().detail);
    }
    if (socket_.send(*bytes) != FrameSocket::Outcome::done) {
        end_process();
    }
}

}  // namespace tenon::plugin_host
