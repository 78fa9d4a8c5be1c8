#pragma once

#include "plugin_host/handler.hpp"
#include "plugin_host/runner/protocol/frame_socket.hpp"
#include "plugin_host/runner/protocol/messages.hpp"
#include "plugin_host/runner/runner_process.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::plugin_host {

/// The services of a call inside of a runner: each asks the host and waits for its answer, but for
/// the request to stop, which is read from the page that both share.
class RemoteServices final : public CallServices {
public:
    RemoteServices(FrameSocket& socket, const SharedPage& page, std::uint16_t call)
        : socket_(socket), page_(page), call_(call) {}

    RemoteServices(const RemoteServices&) = delete;
    RemoteServices& operator=(const RemoteServices&) = delete;
    ~RemoteServices() override;

    std::optional<std::string> result_of(std::string_view step_name) override;
    std::int32_t cancel_reason() const noexcept override;
    int cancel_descriptor() noexcept override;
    CheckpointStatus save_checkpoint(std::string_view json) override;
    bool beat(std::optional<double> fraction, std::string message) override;
    bool publish(std::string_view name, std::string_view payload_json) override;
    void log(std::int32_t level, std::string_view message, std::string_view fields_json) override;

private:
    struct Answer {
        Reply reply;
        std::string text;
    };

    FrameWriter writer(FrameType type);
    Answer ask(FrameWriter& request);
    void send(FrameWriter& frame);

    FrameSocket& socket_;
    const SharedPage& page_;
    const std::uint16_t call_;
    std::mutex mutex_;  // One question at a time: a plugin may ask from several threads.
    std::string buffer_;
    int descriptor_ = -1;
};

}  // namespace tenon::plugin_host
