#pragma once

#include "plugin_host/in_process/instance_pool.hpp"
#include "plugin_host/in_process/loaded_handler.hpp"

#include <tenon/abi/extensions.h>

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

class FakeServices : public CallServices {
public:
    std::optional<std::string> result_of(std::string_view step_name) override {
        if (step_name == "broken") {
            throw std::runtime_error("the database is away");
        }
        const auto found = ancestors.find(step_name);
        return found == ancestors.end() ? std::nullopt : std::optional(found->second);
    }

    std::int32_t cancel_reason() const noexcept override { return reason; }

    int cancel_descriptor() noexcept override { return descriptor; }

    CheckpointStatus save_checkpoint(std::string_view json) override {
        checkpoint = json;
        return checkpoint_status;
    }

    bool beat(std::optional<double> fraction, std::string message) override {
        beats.push_back((fraction ? std::to_string(*fraction) : "?") + "|" + message);
        return reason == TENON_NOT_CANCELLED;
    }

    bool publish(std::string_view name, std::string_view payload_json) override {
        if (name != declared) {
            return false;
        }
        events.emplace_back(payload_json);
        return true;
    }

    void log(std::int32_t level, std::string_view message, std::string_view fields) override {
        lines.push_back(
            std::to_string(level) + "|" + std::string(message) + "|" + std::string(fields)
        );
    }

    std::map<std::string, std::string, std::less<>> ancestors;
    std::int32_t reason = TENON_NOT_CANCELLED;
    int descriptor = -1;
    std::vector<std::string> beats;
    CheckpointStatus checkpoint_status = CheckpointStatus::saved;
    std::string checkpoint;
    std::string declared = "item.shipped";  ///< The one event that may be published.
    std::vector<std::string> events;
    std::vector<std::string> lines;
};

inline tenon_str str(std::string_view text) {
    return {text.data(), text.size()};
}

using CallFunction = tenon_status (*)(void*, tenon_call*, const tenon_step*);

inline tenon_handler descriptor(CallFunction call) {
    tenon_handler handler{};
    handler.size = sizeof handler;
    handler.callable = "test::Handler";
    handler.call = call;
    return handler;
}

// What comes of one call of `call`.
inline StepOutcome outcome(CallFunction call, StepCall step = {}) {
    const auto handler = descriptor(call);
    return LoadedHandler(nullptr, handler).invoke(step);
}

inline StepFailure failure(const StepOutcome& outcome) {
    const auto* failed = std::get_if<StepFailure>(&outcome);
    return failed != nullptr ? *failed
                             : StepFailure{
                                   .message = std::holds_alternative<Yielded>(outcome)
                                                  ? "yielded"
                                                  : "succeeded: " + std::get<std::string>(outcome),
                                   .error_type = {},
                                   .error_code = {},
                                   .context_json = {},
                                   .retryable = {},
                                   .retry_after = {}
                               };
}

}  // namespace tenon::plugin_host
