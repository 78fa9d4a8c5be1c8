#include "plugin_host/handler.hpp"

#include "plugin_host/generation.hpp"

#include <algorithm>
#include <utility>

namespace tenon::plugin_host {

std::vector<std::string> split_methods(const char* methods) {
    std::vector<std::string> names;
    std::string_view rest = methods == nullptr ? "" : methods;
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        auto name = rest.substr(0, comma);
        name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
        name = name.substr(0, name.find_last_not_of(' ') + 1);
        if (!name.empty()) {
            names.emplace_back(name);
        }
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return names.empty() ? std::vector<std::string>{"call"} : names;
}

Handler::Handler(std::shared_ptr<const Generation> generation, Traits traits)
    : generation_(std::move(generation)), traits_(std::move(traits)) {}

Handler::~Handler() = default;

bool Handler::serves(std::string_view method) const noexcept {
    return std::ranges::find(traits_.methods, method) != traits_.methods.end();
}

StepOutcome Handler::invoke(const StepCall& step) const noexcept {
    if (!generation_) {
        return attempt(step);
    }
    auto& tally = *generation_->calls();
    tally.begin();
    auto outcome = attempt(step);
    const auto* failed = std::get_if<StepFailure>(&outcome);
    tally.end(failed == nullptr ? CallVerdict::well : verdict_on(failed->error_code));
    return outcome;
}

}  // namespace tenon::plugin_host
