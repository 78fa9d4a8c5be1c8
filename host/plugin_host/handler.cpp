#include "plugin_host/handler.hpp"

#include "foundation/utf8.hpp"
#include "plugin_host/call.hpp"
#include "plugin_host/calls/call_handle.hpp"
#include "plugin_host/generation.hpp"
#include "plugin_host/calls/instance_pool.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <exception>
#include <fmt/format.h>

namespace tenon::plugin_host {
namespace {

constexpr std::size_t longest_message = 1024;

tenon_str to_abi(std::string_view text) noexcept {
    return {text.data(), text.size()};
}

using DependencyArray = boost::container::small_vector<tenon_dependency, 16>;

DependencyArray dependency_array(std::span<const DependencyView> dependencies) {
    DependencyArray array;
    array.reserve(dependencies.size());
    for (const auto& dependency : dependencies) {
        array.push_back({to_abi(dependency.name), to_abi(dependency.result_json)});
    }
    return array;
}

tenon_step describe(
    std::string_view callable,
    const StepCall& step,
    const DependencyArray& dependencies
) noexcept {
    return {
        .size = sizeof(tenon_step),
        .attempt = step.attempt,
        .max_attempts = step.max_attempts,
        .flags = 0,
        .callable = to_abi(callable),
        .method = to_abi(step.method),
        .task_uuid = to_abi(step.task_uuid),
        .step_uuid = to_abi(step.step_uuid),
        .step_name = to_abi(step.step_name),
        .namespace_name = to_abi(step.namespace_name),
        .correlation_id = to_abi(step.correlation_id),
        .traceparent = {},
        .context_json = to_abi(step.context_json),
        .initialization_json = to_abi(step.initialization_json),
        .checkpoint_json = to_abi(step.checkpoint_json),
        .dependencies = dependencies.data(),
        .dependency_count = static_cast<std::uint32_t>(dependencies.size()),
        .dependency_stride = sizeof(tenon_dependency),
        .deadline_mono_ns = step.deadline_mono_ns,
        .api = &call_services,
    };
}

StepFailure foreign_exception(std::string_view callable, std::string_view what) {
    return host_failure(
        "foreign_exception",
        fmt::format("{} let an exception out: {}", callable, to_valid_utf8(what, longest_message)),
        {}
    );
}

}  // namespace

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

Handler::Handler(std::shared_ptr<const Generation> generation, const tenon_handler& descriptor)
    : generation_(std::move(generation)),
      callable_(descriptor.callable),
      descriptor_(&descriptor),
      methods_(split_methods(descriptor.methods)),
      max_concurrency_(descriptor.max_concurrency),
      instances_(std::make_unique<InstancePool>(descriptor)) {}

Handler::Handler(
    std::shared_ptr<const Generation> generation,
    std::string callable,
    tenon_step_function function
)
    : generation_(std::move(generation)), callable_(std::move(callable)), function_(function) {}

Handler::~Handler() {
    if (generation_ && instances_) {
        generation_->keep(std::move(instances_));
    }
}

bool Handler::serves(std::string_view method) const noexcept {
    return std::ranges::find(methods_, method) != methods_.end();
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

StepOutcome Handler::attempt(const StepCall& step) const noexcept {
    try {
        const auto dependencies = dependency_array(step.dependencies);
        const auto described = describe(callable_, step, dependencies);
        tenon_call call(callable_, step);
        CallHandle handle(call);
        const auto status = run(call, handle.get(), described);
        handle.end();  // Whatever threads of the plugin still do, the outcome is settled alone.
        return settle(call, status);
    } catch (const std::exception& error) {
        return foreign_exception(callable_, error.what());
    } catch (...) {
        return foreign_exception(callable_, "it is no std::exception");
    }
}

tenon_status Handler::run(tenon_call& call, tenon_call* handle, const tenon_step& step) const {
    // A pending call keeps its instance until it is complete.
    const auto to_its_end = [&call](tenon_status status) {
        return status == TENON_PENDING ? await_completion(call) : status;
    };
    if (function_ != nullptr) {
        return to_its_end(function_(handle, &step));
    }
    const auto instance = instances_->take();
    if (!instance) {
        call.failure = host_failure("handler_not_created", instance.error().detail, {});
        return TENON_FAILED;
    }
    return to_its_end(descriptor_->call(instance->get(), handle, &step));
}

}  // namespace tenon::plugin_host
