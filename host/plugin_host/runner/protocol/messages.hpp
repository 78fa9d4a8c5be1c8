#pragma once

#include "domain/step/step_outcome.hpp"
#include "plugin_host/handler.hpp"
#include "plugin_host/runner/protocol/frame.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

/// Counts up with every change to these messages: host and runner come from one build.
inline constexpr std::uint32_t runner_protocol = 1;

/// The build that a runner shall load, and how much memory it may use for it.
struct LoadMessage {
    std::string copy;
    std::string source;
    std::string sha256;
    std::uint64_t generation = 0;
    std::uint64_t memory_bytes = 0;  ///< Of address space; 0: no limit.
};

/// One handler of a build, in the order of its numbers.
struct HandlerEntry {
    bool declared = true;  ///< Otherwise an exported function.
    Handler::Traits traits;

    bool operator==(const HandlerEntry&) const = default;
};

/// What a runner has loaded.
struct HelloMessage {
    std::string id;
    std::string version;
    std::string sdk;
    std::uint16_t abi_major = 0;
    std::uint16_t abi_minor = 0;
    std::string unconfined = {};  ///< What this system could not take from it, or nothing.
    std::vector<HandlerEntry> handlers;

    bool operator==(const HelloMessage&) const = default;
};

/// A call as it arrives. Borrows from the payload it was read from.
struct CallMessage {
    std::uint32_t handler = 0;
    bool has_services = false;
    StepCall step;  ///< But for `dependencies` and `services`.
    std::vector<DependencyView> dependencies;
};

/// What the host says to a request.
enum class Reply : std::uint8_t {
    yes,         ///< Done, or found: the text is the answer.
    no,          ///< Not found, not declared, not ours, or: stop.
    impossible,  ///< The host could not; the text may say why.
    refused,     ///< The request broke a limit, which the runner should have kept.
};

struct AnswerMessage {
    Reply reply = Reply::impossible;
    std::string_view text;
};

struct HeartbeatMessage {
    std::optional<double> fraction;
    std::string_view message;
};

struct EventMessage {
    std::string_view name;
    std::string_view payload_json;
};

struct LogMessage {
    std::int32_t level = 0;
    std::string_view message;
    std::string_view fields_json;
};

/// Each writes one frame into `buffer`. The error is that of FrameWriter::finish.
Result<std::string_view> write_load(std::string& buffer, const LoadMessage& message);
Result<std::string_view> write_hello(std::string& buffer, const HelloMessage& message);
Result<std::string_view> write_refused(std::string& buffer, const Error& error);
Result<std::string_view> write_call(
    std::string& buffer,
    std::uint16_t call,
    std::uint32_t handler,
    const StepCall& step
);
Result<std::string_view> write_answer(
    std::string& buffer,
    std::uint16_t call,
    const AnswerMessage& message
);
Result<std::string_view> write_outcome(
    std::string& buffer,
    std::uint16_t call,
    const StepOutcome& outcome
);

/// Each reads the payload of its frame, written by anybody; nothing for one that is malformed.
std::optional<LoadMessage> read_load(std::string_view payload);
std::optional<HelloMessage> read_hello(std::string_view payload);
std::optional<Error> read_refused(std::string_view payload);
std::optional<CallMessage> read_call(std::string_view payload);
std::optional<AnswerMessage> read_answer(std::string_view payload);
std::optional<HeartbeatMessage> read_heartbeat(std::string_view payload);
std::optional<EventMessage> read_event(std::string_view payload);
std::optional<LogMessage> read_log(std::string_view payload);

/// The one text that is the whole payload of `result`, `checkpoint` and `result_of`.
std::optional<std::string_view> read_text(std::string_view payload);

/// The outcome in a frame of type `result`, `failure` or `yielded`, as a handler of this process
/// could have given it: checked JSON, clean and bounded texts.
std::optional<StepOutcome> read_outcome(FrameType type, std::string_view payload);

}  // namespace tenon::plugin_host
