#pragma once

#include "plugin_host/handler.hpp"
#include "plugin_host/runner/protocol/messages.hpp"
#include "plugin_host/runner/runner_pool.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace tenon::plugin_host {

/// One call in a runner, as the host sees it: sends the call, answers what its handler asks for,
/// passes a request to stop on, and takes the outcome.
class RemoteCall {
public:
    /// The runner is gone, or has to go.
    struct Lost {
        enum class Why : std::uint8_t {
            crashed,    ///< It ended by itself.
            deviated,   ///< It does not keep to the protocol; `fault` says how.
            kept_going  ///< It was asked to stop, and did not within its grace.
        };

        Why why = Why::crashed;
        std::string fault = {};
        std::int32_t asked = TENON_NOT_CANCELLED;  ///< The reason to stop, if there was one.
        std::chrono::milliseconds grace{};         ///< That it had.
    };

    using Ended = std::variant<StepOutcome, Lost>;

    RemoteCall(Runner& runner, const RunnerOptions& options, const StepCall& step)
        : runner_(runner), options_(options), step_(step) {}

    /// Runs handler number `handler`. Once it is lost, the runner is of no use any more.
    Ended run(std::uint32_t handler);

private:
    using Clock = std::chrono::steady_clock;

    FrameSocket::Wait waiting();
    bool wait(int descriptor, short events);
    void look_for_cancel();
    std::chrono::milliseconds grace() const;
    std::optional<Ended> take(const Frame& frame);
    std::optional<Ended> serve(const Frame& frame);
    std::optional<AnswerMessage> reply_to(const Frame& frame);
    std::optional<AnswerMessage> save_checkpoint(std::string_view payload);
    std::optional<AnswerMessage> publish(std::string_view payload);
    std::optional<AnswerMessage> beat(std::string_view payload);
    std::optional<AnswerMessage> look_up(std::string_view payload);
    bool log(std::string_view payload);
    Lost lost(FrameSocket::Outcome outcome) const;
    Lost deviated(std::string fault) const;

    Runner& runner_;
    const RunnerOptions& options_;
    const StepCall& step_;
    std::string answer_;  // What the latest answer is made of.
    std::size_t events_ = 0;
    std::size_t event_bytes_ = 0;
    std::int32_t asked_ = TENON_NOT_CANCELLED;
    std::optional<Clock::time_point> asked_at_;
};

}  // namespace tenon::plugin_host
