#include "plugin_host/runner/protocol/messages.hpp"

#include "foundation/json_text.hpp"
#include "foundation/overloaded.hpp"
#include "foundation/utf8.hpp"
#include "plugin_host/call.hpp"
#include "plugin_host/calls/call_limits.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <set>
#include <utility>
#include <variant>

namespace tenon::plugin_host {
namespace {

constexpr std::size_t longest_name = 256;
constexpr std::size_t longest_refusal = 8192;
constexpr std::uint32_t most_methods = 1000;

// What a text costs at least.
constexpr std::size_t smallest_text = sizeof(std::uint32_t);

enum class Retryable : std::uint8_t { unset, never, allowed };

std::string clean(std::string_view text, std::size_t longest) {
    auto cleaned = to_valid_utf8(text.substr(0, 2 * longest), longest);
    std::ranges::replace(cleaned, '\0', ' ');
    return cleaned;
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= longest_name && valid_utf8_prefix(text) == text.size() &&
           text.find('\0') == std::string_view::npos;
}

template <class Message>
std::optional<Message> whole(const FrameReader& reader, Message message) {
    return reader.complete() ? std::optional(std::move(message)) : std::nullopt;
}

Result<std::string_view> write_failure(
    std::string& buffer,
    std::uint16_t call,
    const StepFailure& failure
) {
    auto retryable = Retryable::unset;
    if (failure.retryable) {
        retryable = *failure.retryable ? Retryable::allowed : Retryable::never;
    }
    return FrameWriter(buffer, FrameType::failure, call)
        .text(failure.message)
        .text(failure.error_type)
        .text(failure.error_code)
        .text(failure.context_json)
        .u8(static_cast<std::uint8_t>(retryable))
        .u8(failure.retry_after ? 1 : 0)
        .i64(failure.retry_after.value_or(std::chrono::milliseconds(0)).count())
        .finish();
}

std::optional<StepOutcome> read_failure(std::string_view payload) {
    FrameReader reader(payload);
    StepFailure failure{
        .message = clean(reader.text(), call_limits::message_bytes),
        .error_type = clean(reader.text(), call_limits::name_bytes),
        .error_code = clean(reader.text(), call_limits::name_bytes),
        .context_json = std::string(reader.text()),
        .retryable = {},
        .retry_after = {}
    };
    const auto retryable = static_cast<Retryable>(reader.u8());
    const bool waits = reader.u8() == 1;
    const std::chrono::milliseconds wait(reader.i64());
    if (!reader.complete() || retryable > Retryable::allowed) {
        return std::nullopt;
    }
    if (!failure.context_json.empty() && !is_context(failure.context_json)) {
        failure.context_json.clear();
    }
    if (retryable != Retryable::unset) {
        failure.retryable = retryable == Retryable::allowed;
    }
    if (waits && wait.count() >= 0) {
        failure.retry_after = std::min(wait, call_limits::retry_after);
    }
    return failure;
}

std::optional<StepOutcome> read_result(std::string_view payload) {
    const auto json = read_text(payload);
    // The runner has checked it; but is it still the runner that speaks?
    if (!json || !check_json(*json, call_limits::result)) {
        return std::nullopt;
    }
    return std::string(*json);
}

std::optional<HandlerEntry> read_handler(FrameReader& reader) {
    HandlerEntry entry;
    entry.declared = reader.u8() == 1;
    entry.traits.callable = reader.text();
    entry.traits.max_concurrency = reader.u32();
    const auto methods = std::min(reader.count(smallest_text), most_methods);
    entry.traits.methods.clear();
    for (std::uint32_t i = 0; i < methods; ++i) {
        entry.traits.methods.emplace_back(reader.text());
    }
    return is_name(entry.traits.callable) && !entry.traits.methods.empty() ? std::optional(entry)
                                                                           : std::nullopt;
}

}  // namespace

Result<std::string_view> write_load(std::string& buffer, const LoadMessage& message) {
    return FrameWriter(buffer, FrameType::load, 0)
        .u32(runner_protocol)
        .text(message.copy)
        .text(message.source)
        .text(message.sha256)
        .u64(message.generation)
        .u64(message.memory_bytes)
        .finish();
}

std::optional<LoadMessage> read_load(std::string_view payload) {
    FrameReader reader(payload);
    if (reader.u32() != runner_protocol) {
        return std::nullopt;
    }
    LoadMessage message;
    message.copy = reader.text();
    message.source = reader.text();
    message.sha256 = reader.text();
    message.generation = reader.u64();
    message.memory_bytes = reader.u64();
    return whole(reader, std::move(message));
}

Result<std::string_view> write_hello(std::string& buffer, const HelloMessage& message) {
    FrameWriter writer(buffer, FrameType::hello, 0);
    writer.u32(runner_protocol)
        .text(message.id)
        .text(message.version)
        .text(message.sdk)
        .u32(message.abi_major)
        .u32(message.abi_minor)
        .text(message.unconfined)
        .u32(static_cast<std::uint32_t>(message.handlers.size()));
    for (const auto& handler : message.handlers) {
        writer.u8(handler.declared ? 1 : 0)
            .text(handler.traits.callable)
            .u32(handler.traits.max_concurrency)
            .u32(static_cast<std::uint32_t>(handler.traits.methods.size()));
        for (const auto& method : handler.traits.methods) {
            writer.text(method);
        }
    }
    return writer.finish();
}

std::optional<HelloMessage> read_hello(std::string_view payload) {
    FrameReader reader(payload);
    if (reader.u32() != runner_protocol) {
        return std::nullopt;
    }
    HelloMessage message;
    message.id = reader.text();
    message.version = reader.text();
    message.sdk = clean(reader.text(), longest_name);
    message.abi_major = static_cast<std::uint16_t>(reader.u32());
    message.abi_minor = static_cast<std::uint16_t>(reader.u32());
    message.unconfined = clean(reader.text(), longest_refusal);
    constexpr std::size_t smallest_handler = 1 + 2 * smallest_text + sizeof(std::uint32_t);
    const auto handlers = reader.count(smallest_handler);
    std::set<std::string> names;
    for (std::uint32_t i = 0; i < handlers; ++i) {
        auto entry = read_handler(reader);
        if (!entry || !names.insert(entry->traits.callable).second) {
            return std::nullopt;
        }
        message.handlers.push_back(*std::move(entry));
    }
    if (!is_name(message.id) || !is_name(message.version)) {
        return std::nullopt;
    }
    return whole(reader, std::move(message));
}

Result<std::string_view> write_refused(std::string& buffer, const Error& error) {
    return FrameWriter(buffer, FrameType::refused, 0)
        .u8(static_cast<std::uint8_t>(error.code))
        .text(std::string_view(error.detail).substr(0, longest_refusal))
        .finish();
}

std::optional<Error> read_refused(std::string_view payload) {
    FrameReader reader(payload);
    const auto code = static_cast<ErrorCode>(reader.u8());
    auto detail = clean(reader.text(), longest_refusal);
    if (code > ErrorCode::plugin_failure) {
        return std::nullopt;
    }
    return whole(reader, Error{code, std::move(detail)});
}

Result<std::string_view> write_call(
    std::string& buffer,
    std::uint16_t call,
    std::uint32_t handler,
    const StepCall& step
) {
    FrameWriter writer(buffer, FrameType::call, call);
    writer.u32(handler)
        .u8(step.services != nullptr ? 1 : 0)
        .u32(step.attempt)
        .u32(step.max_attempts)
        .i64(step.deadline_mono_ns)
        .text(step.method)
        .text(step.task_uuid)
        .text(step.step_uuid)
        .text(step.step_name)
        .text(step.namespace_name)
        .text(step.correlation_id)
        .text(step.context_json)
        .text(step.initialization_json)
        .text(step.checkpoint_json)
        .u32(static_cast<std::uint32_t>(step.dependencies.size()));
    for (const auto& dependency : step.dependencies) {
        writer.text(dependency.name).text(dependency.result_json);
    }
    return writer.finish();
}

std::optional<CallMessage> read_call(std::string_view payload) {
    FrameReader reader(payload);
    CallMessage message;
    message.handler = reader.u32();
    message.has_services = reader.u8() == 1;
    auto& step = message.step;
    step.attempt = reader.u32();
    step.max_attempts = reader.u32();
    step.deadline_mono_ns = reader.i64();
    for (auto* text :
         {&step.method,
          &step.task_uuid,
          &step.step_uuid,
          &step.step_name,
          &step.namespace_name,
          &step.correlation_id,
          &step.context_json,
          &step.initialization_json,
          &step.checkpoint_json}) {
        *text = reader.text();
    }
    const auto dependencies = reader.count(2 * smallest_text);
    message.dependencies.reserve(dependencies);
    for (std::uint32_t i = 0; i < dependencies; ++i) {
        const auto name = reader.text();
        message.dependencies.push_back({name, reader.text()});
    }
    return whole(reader, std::move(message));
}

Result<std::string_view> write_answer(
    std::string& buffer,
    std::uint16_t call,
    const AnswerMessage& message
) {
    return FrameWriter(buffer, FrameType::answer, call)
        .u8(static_cast<std::uint8_t>(message.reply))
        .text(message.text)
        .finish();
}

std::optional<AnswerMessage> read_answer(std::string_view payload) {
    FrameReader reader(payload);
    const auto reply = static_cast<Reply>(reader.u8());
    const auto text = reader.text();
    return reply > Reply::refused ? std::nullopt : whole(reader, AnswerMessage{reply, text});
}

Result<std::string_view> write_outcome(
    std::string& buffer,
    std::uint16_t call,
    const StepOutcome& outcome
) {
    return std::visit(
        Overloaded{
            [&](const std::string& result) {
                return FrameWriter(buffer, FrameType::result, call).text(result).finish();
            },
            [&](const StepFailure& failure) { return write_failure(buffer, call, failure); },
            [&](const Yielded&) { return FrameWriter(buffer, FrameType::yielded, call).finish(); },
        },
        outcome
    );
}

std::optional<StepOutcome> read_outcome(FrameType type, std::string_view payload) {
    switch (type) {
        case FrameType::result: return read_result(payload);
        case FrameType::failure: return read_failure(payload);
        case FrameType::yielded:
            return payload.empty() ? std::optional<StepOutcome>(Yielded{}) : std::nullopt;
        default: return std::nullopt;
    }
}

std::optional<std::string_view> read_text(std::string_view payload) {
    FrameReader reader(payload);
    const auto text = reader.text();
    return whole(reader, text);
}

std::optional<HeartbeatMessage> read_heartbeat(std::string_view payload) {
    FrameReader reader(payload);
    const bool known = reader.u8() == 1;
    const auto fraction = reader.f64();
    const auto message = reader.text();
    if (known && !(fraction >= 0.0 && fraction <= 1.0)) {
        return std::nullopt;
    }
    return whole(reader, HeartbeatMessage{known ? std::optional(fraction) : std::nullopt, message});
}

std::optional<EventMessage> read_event(std::string_view payload) {
    FrameReader reader(payload);
    const auto name = reader.text();
    const auto json = reader.text();
    return whole(reader, EventMessage{name, json});
}

std::optional<LogMessage> read_log(std::string_view payload) {
    FrameReader reader(payload);
    const auto level = static_cast<std::int32_t>(reader.u32());
    const auto message = reader.text();
    const auto fields = reader.text();
    return whole(reader, LogMessage{level, message, fields});
}

}  // namespace tenon::plugin_host
