#pragma once

#include "plugin_host/runner/protocol/frame.hpp"
#include "plugin_host/trust/trusted_file.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace tenon::plugin_host {

/// A frame as it was received. Its payload is valid until the next one is asked for.
struct Frame {
    FrameHeader header;
    std::string_view payload;
};

/// One end of the stream between a host and a runner. Not for several threads at a time.
class FrameSocket {
public:
    /// Called when nothing can be read (POLLIN) or written (POLLOUT) yet: waits, and says whether
    /// to go on. Empty: waits for as long as it takes.
    using Wait = std::function<bool(int descriptor, short events)>;

    enum class Outcome : std::uint8_t {
        done,
        closed,     ///< The other side is gone.
        given_up,   ///< `Wait` said so.
        malformed,  ///< The other side does not keep to the protocol; `fault` says how.
    };

    explicit FrameSocket(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}

    int descriptor() const noexcept { return descriptor_.get(); }

    /// How long a receive may block before `Wait` is asked.
    void set_patience(std::chrono::milliseconds patience) const;

    /// Sends one frame.
    Outcome send(std::string_view frame, const Wait& wait = {});

    /// Receives the next frame.
    Outcome receive(Frame& frame, const Wait& wait = {});

    /// Nothing more will be sent: the other side reads the end.
    void hang_up() const noexcept;

    const std::string& fault() const noexcept { return fault_; }

private:
    bool fill(std::size_t wanted, const Wait& wait, Outcome& outcome);
    void make_room(std::size_t wanted);
    void forget_last_frame();

    FileDescriptor descriptor_;
    std::string buffer_;
    std::size_t begin_ = 0;  // Of what was received and not handed out,
    std::size_t end_ = 0;    // and its end.
    std::size_t handed_out_ = 0;
    std::string fault_;
};

}  // namespace tenon::plugin_host
