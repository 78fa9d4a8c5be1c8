#include "plugin_host/validation/subject.hpp"

#include "foundation/utf8.hpp"

#include <array>
#include <fmt/format.h>

namespace tenon::plugin_host {
namespace {

constexpr int most_yields = 100;
constexpr std::size_t longest_text = 256;

}  // namespace

Subject::Subject(const ScoutRequest& request, ScoutReply& reply)
    : reply_(reply), generation_(load_for(request, reply)) {
    if (!generation_) {
        return;
    }
    for (const auto* handler : generation_->handlers()) {
        if (request.callable == handler->callable) {
            handler_ = handler;
        }
    }
    if (handler_ != nullptr && !create(instance_)) {
        handler_ = nullptr;
    }
}

Subject::~Subject() {
    destroy(instance_);
}

bool Subject::create(void*& instance) const {
    std::array<char, longest_text> error{};
    return handler_->create == nullptr ||
           handler_->create(handler_->user, {"{}", 2}, &instance, error.data(), error.size()) ==
               TENON_OK;
}

void Subject::destroy(void* instance) const {
    if (handler_ != nullptr && handler_->create != nullptr && handler_->destroy != nullptr) {
        handler_->destroy(instance);
    }
}

void Subject::run(std::string_view what, ProbeInput input) {
    reply_.begin(fmt::format("{}, {}", handler_->callable, what));
    auto outcome = run_probe(*handler_, instance_, input);
    for (int i = 0; i < most_yields && outcome.status == TENON_YIELD && !outcome.checkpoint.empty();
         ++i) {
        input.checkpoint = outcome.checkpoint;
        outcome = run_probe(*handler_, instance_, input);
    }
    judge(what, input, outcome);
}

void Subject::add(
    PluginRule rule,
    std::string_view what,
    const std::string& fault,
    std::string fix
) {
    if (reported_.insert(rule).second) {
        reply_.finding(
            rule, fmt::format("{} {} ({})", handler_->callable, fault, what), std::move(fix)
        );
    }
}

void Subject::judge(std::string_view what, const ProbeInput& input, const ProbeOutcome& outcome) {
    const bool host_is_sound = input.fault == HostFault::none;
    if (!outcome.exception.empty()) {
        add(PluginRule::lets_exceptions_out,
            what,
            "let an exception out, " + to_valid_utf8(outcome.exception, longest_text),
            "catch everything; the SDK's TENON_HANDLER does");
        return;
    }
    if (outcome.wrote_to_host) {
        add(PluginRule::writes_host_memory,
            what,
            "wrote to the step that it was given to read",
            "copy what you change");
    }
    if (!outcome.bad_result.empty()) {
        add(PluginRule::bad_result,
            what,
            "gave a result that was refused, " + outcome.bad_result,
            "write it with a JSON library, or the SDK's StepResult");
        return;
    }
    if (outcome.status > TENON_PENDING || outcome.status < TENON_E_NOT_FOUND) {
        add(PluginRule::unknown_status,
            what,
            fmt::format("returned status {}", outcome.status),
            "return TENON_OK, or TENON_FAILED after set_error");
    }
    const bool nothing_said = !outcome.has_result && !outcome.has_error;
    if (host_is_sound && outcome.status == TENON_OK && nothing_said) {
        add(PluginRule::no_result, what, "succeeded without a result", "call set_result");
    }
    if (host_is_sound && outcome.status == TENON_FAILED && !outcome.has_error) {
        add(PluginRule::no_reason, what, "failed without a reason", "call set_error");
    }
}

}  // namespace tenon::plugin_host
