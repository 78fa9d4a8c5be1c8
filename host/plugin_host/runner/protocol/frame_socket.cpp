#include "plugin_host/runner/protocol/frame_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

namespace tenon::plugin_host {
namespace {

constexpr std::size_t usual_buffer = std::size_t{64} * 1024;
constexpr std::size_t kept_buffer = std::size_t{1024} * 1024;

bool wait_for_ever(int descriptor, short events) {
    pollfd waited{descriptor, events, 0};
    ::poll(&waited, 1, -1);
    return true;
}

bool would_block(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK;
}

bool go_on(const FrameSocket::Wait& wait, int descriptor, short events) {
    return wait ? wait(descriptor, events) : wait_for_ever(descriptor, events);
}

}  // namespace

void FrameSocket::set_patience(std::chrono::milliseconds patience) const {
    timeval time{};
    time.tv_sec = patience.count() / 1000;
    time.tv_usec = patience.count() % 1000 * 1000;
    ::setsockopt(descriptor_.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

FrameSocket::Outcome FrameSocket::send(std::string_view frame, const Wait& wait) {
    while (!frame.empty()) {
        const auto sent =
            ::send(descriptor_.get(), frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            frame.remove_prefix(static_cast<std::size_t>(sent));
        } else if (would_block(errno)) {
            if (!go_on(wait, descriptor_.get(), POLLOUT)) {
                return Outcome::given_up;
            }
        } else if (errno != EINTR) {
            return Outcome::closed;
        }
    }
    return Outcome::done;
}

FrameSocket::Outcome FrameSocket::receive(Frame& frame, const Wait& wait) {
    forget_last_frame();
    auto outcome = Outcome::done;
    if (!fill(FrameHeader::bytes, wait, outcome)) {
        return outcome;
    }
    const std::span<const char, FrameHeader::bytes> head(
        buffer_.data() + begin_, FrameHeader::bytes
    );
    const auto header = read_header(head);
    if (!header) {
        fault_ = header.error().detail;
        return Outcome::malformed;
    }
    if (!fill(FrameHeader::bytes + header->size, wait, outcome)) {
        return outcome;
    }
    frame.header = *header;
    frame.payload = std::string_view(buffer_).substr(begin_ + FrameHeader::bytes, header->size);
    handed_out_ = FrameHeader::bytes + header->size;
    return Outcome::done;
}

void FrameSocket::hang_up() const noexcept {
    ::shutdown(descriptor_.get(), SHUT_WR);
}

// Until so many bytes are at hand. What the other side announces is only believed as it arrives:
// the buffer grows with what was received.
bool FrameSocket::fill(std::size_t wanted, const Wait& wait, Outcome& outcome) {
    while (end_ - begin_ < wanted) {
        make_room(wanted);
        const auto size =
            ::recv(descriptor_.get(), buffer_.data() + end_, buffer_.size() - end_, 0);
        if (size > 0) {
            end_ += static_cast<std::size_t>(size);
        } else if (size < 0 && would_block(errno)) {
            if (!go_on(wait, descriptor_.get(), POLLIN)) {
                outcome = Outcome::given_up;
                return false;
            }
        } else if (size == 0 || errno != EINTR) {
            outcome = Outcome::closed;
            return false;
        }
    }
    return true;
}

void FrameSocket::make_room(std::size_t wanted) {
    if (begin_ > 0) {
        std::copy(
            buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_),
            buffer_.begin()
        );
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == buffer_.size()) {
        buffer_.resize(std::max(usual_buffer, std::min(wanted, 2 * end_)));
    }
}

void FrameSocket::forget_last_frame() {
    begin_ += std::exchange(handed_out_, 0);
    if (begin_ == end_) {
        begin_ = end_ = 0;
        if (buffer_.size() > kept_buffer) {
            buffer_ = std::string();
        }
    }
}

}  // namespace tenon::plugin_host
