#include "plugin_host/runner/remote_call.hpp"

#include "foundation/json_text.hpp"
#include "foundation/utf8.hpp"
#include "plugin_host/call.hpp"
#include "plugin_host/calls/call_limits.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <fmt/format.h>
#include <poll.h>
#include <utility>

namespace tenon::plugin_host {
namespace {

// Between two looks at the reason to stop, where no descriptor tells.
constexpr std::chrono::milliseconds glance{20};

std::string clean(std::string_view text, std::size_t longest) {
    auto cleaned = to_valid_utf8(text.substr(0, 2 * longest), longest);
    std::ranges::replace(cleaned, '\0', ' ');
    return cleaned;
}

}  // namespace

RemoteCall::Ended RemoteCall::run(std::uint32_t handler) {
    auto& process = *runner_.process;
    process.forget_cancel();
    runner_.calls = static_cast<std::uint16_t>(runner_.calls + 1);
    if (runner_.calls == 0) {
        runner_.calls = 1;
    }
    const auto frame = write_call(runner_.buffer, runner_.calls, handler, step_);
    if (!frame) {
        return StepOutcome(host_failure("call_too_large", frame.error().detail, false));
    }
    auto went = process.socket().send(*frame, waiting());
    Frame received;
    while (went == FrameSocket::Outcome::done) {
        went = process.socket().receive(received, waiting());
        if (went != FrameSocket::Outcome::done) {
            break;
        }
        if (auto ended = take(received)) {
            return *std::move(ended);
        }
    }
    return lost(went);
}

FrameSocket::Wait RemoteCall::waiting() {
    return [this](int descriptor, short events) { return wait(descriptor, events); };
}

// Until the runner has something to say, or the call has to stop; false when it was asked to stop
// and its grace is over.
bool RemoteCall::wait(int descriptor, short events) {
    look_for_cancel();
    const auto now = Clock::now();
    if (asked_at_ && now >= *asked_at_ + grace()) {
        return false;
    }
    const int told =
        asked_at_ || step_.services == nullptr ? -1 : step_.services->cancel_descriptor();
    int limit = -1;
    if (asked_at_) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*asked_at_ + grace() - now);
        limit = static_cast<int>(left.count());
    } else if (told < 0 && step_.services != nullptr) {
        limit = static_cast<int>(glance.count());
    }
    std::array<pollfd, 2> waited{pollfd{descriptor, events, 0}, pollfd{told, POLLIN, 0}};
    ::poll(waited.data(), waited.size(), limit);
    look_for_cancel();
    return true;
}

void RemoteCall::look_for_cancel() {
    if (asked_at_ || step_.services == nullptr) {
        return;
    }
    asked_ = step_.services->cancel_reason();
    if (asked_ != TENON_NOT_CANCELLED) {
        asked_at_ = Clock::now();
        runner_.process->cancel(static_cast<CancelReason>(asked_));
    }
}

std::chrono::milliseconds RemoteCall::grace() const {
    return asked_ == TENON_CANCEL_SHUTDOWN ? options_.stop_grace : options_.grace;
}

std::optional<RemoteCall::Ended> RemoteCall::take(const Frame& frame) {
    if (frame.header.call != runner_.calls) {
        return deviated("it speaks of another call than the one that runs");
    }
    switch (frame.header.type) {
        case FrameType::result:
        case FrameType::failure:
        case FrameType::yielded: {
            auto outcome = read_outcome(frame.header.type, frame.payload);
            return outcome ? Ended(*std::move(outcome))
                           : Ended(deviated("the outcome that it tells is malformed"));
        }
        default: return serve(frame);
    }
}

std::optional<RemoteCall::Ended> RemoteCall::serve(const Frame& frame) {
    if (step_.services == nullptr) {
        return deviated("it asks for services that its call does not have");
    }
    if (frame.header.type == FrameType::log) {
        return log(frame.payload) ? std::nullopt
                                  : std::optional<Ended>(deviated("a line of log is malformed"));
    }
    std::optional<AnswerMessage> answer;
    try {
        answer = reply_to(frame);
    } catch (const std::exception&) {
        answer = AnswerMessage{.reply = Reply::impossible, .text = {}};
    }
    if (!answer) {
        return deviated(fmt::format(
            "a request of type {} is malformed", static_cast<unsigned>(frame.header.type)
        ));
    }
    auto written = write_answer(runner_.buffer, runner_.calls, *answer);
    if (!written) {
        written = write_answer(runner_.buffer, runner_.calls, {Reply::impossible, {}});
    }
    const auto sent = runner_.process->socket().send(*written, waiting());
    return sent == FrameSocket::Outcome::done ? std::nullopt : std::optional<Ended>(lost(sent));
}

std::optional<AnswerMessage> RemoteCall::reply_to(const Frame& frame) {
    switch (frame.header.type) {
        case FrameType::heartbeat: return beat(frame.payload);
        case FrameType::checkpoint: return save_checkpoint(frame.payload);
        case FrameType::event: return publish(frame.payload);
        case FrameType::result_of: return look_up(frame.payload);
        default: return std::nullopt;
    }
}

std::optional<AnswerMessage> RemoteCall::beat(std::string_view payload) {
    const auto message = read_heartbeat(payload);
    if (!message) {
        return std::nullopt;
    }
    const bool go_on = step_.services->beat(
        message->fraction, clean(message->message, call_limits::progress_bytes)
    );
    if (!go_on) {
        look_for_cancel();
    }
    return AnswerMessage{go_on ? Reply::yes : Reply::no, {}};
}

std::optional<AnswerMessage> RemoteCall::save_checkpoint(std::string_view payload) {
    const auto json = read_text(payload);
    if (!json || !check_json(*json, call_limits::checkpoint)) {
        return std::nullopt;
    }
    switch (step_.services->save_checkpoint(*json)) {
        case CheckpointStatus::saved: return AnswerMessage{Reply::yes, {}};
        case CheckpointStatus::not_ours: return AnswerMessage{Reply::no, {}};
        case CheckpointStatus::unavailable: break;
    }
    return AnswerMessage{Reply::impossible, {}};
}

std::optional<AnswerMessage> RemoteCall::publish(std::string_view payload) {
    const auto event = read_event(payload);
    if (!event) {
        return std::nullopt;
    }
    const auto bytes = event_bytes_ + event->name.size() + event->payload_json.size();
    if (events_ >= call_limits::events || bytes > call_limits::event_bytes ||
        !check_json(event->payload_json, call_limits::event)) {
        return AnswerMessage{Reply::refused, {}};
    }
    if (!step_.services->publish(event->name, event->payload_json)) {
        return AnswerMessage{Reply::no, {}};
    }
    ++events_;
    event_bytes_ = bytes;
    return AnswerMessage{Reply::yes, {}};
}

std::optional<AnswerMessage> RemoteCall::look_up(std::string_view payload) {
    const auto name = read_text(payload);
    if (!name) {
        return std::nullopt;
    }
    auto found = step_.services->result_of(*name);
    if (!found) {
        return AnswerMessage{Reply::no, {}};
    }
    answer_ = *std::move(found);
    return AnswerMessage{Reply::yes, answer_};
}

bool RemoteCall::log(std::string_view payload) {
    const auto line = read_log(payload);
    if (!line) {
        return false;
    }
    step_.services->log(
        std::clamp<std::int32_t>(line->level, TENON_LOG_TRACE, TENON_LOG_ERROR),
        clean(line->message, call_limits::message_bytes),
        is_context(line->fields_json) ? line->fields_json : std::string_view{}
    );
    return true;
}

RemoteCall::Lost RemoteCall::lost(FrameSocket::Outcome outcome) const {
    if (outcome == FrameSocket::Outcome::malformed) {
        return deviated("it sends " + runner_.process->socket().fault());
    }
    return {
        .why =
            outcome == FrameSocket::Outcome::given_up ? Lost::Why::kept_going : Lost::Why::crashed,
        .asked = asked_,
        .grace = grace()
    };
}

RemoteCall::Lost RemoteCall::deviated(std::string fault) const {
    return {
        .why = Lost::Why::deviated, .fault = std::move(fault), .asked = asked_, .grace = grace()
    };
}

}  // namespace tenon::plugin_host
