#include "plugin_host/in_process/loaded_handler.hpp"

#include "foundation/utf8.hpp"
#include "plugin_host/call.hpp"
#include "plugin_host/calls/call_handle.hpp"
#include "plugin_host/crash/call_under_way.hpp"
#include "plugin_host/in_process/fork_guard.hpp"
#include "plugin_host/in_process/instance_pool.hpp"
#include "plugin_host/in_process/plugin_threads.hpp"

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

LoadedHandler::LoadedHandler(
    std::shared_ptr<const LoadedGeneration> generation,
    const tenon_handler& descriptor
)
    : Handler(
          generation,
          {.callable = descriptor.callable,
           .methods = split_methods(descriptor.methods),
           .max_concurrency = descriptor.max_concurrency}
      ),
      home_(generation.get()),
      descriptor_(&descriptor),
      instances_(std::make_unique<InstancePool>(descriptor)) {}

LoadedHandler::LoadedHandler(
    std::shared_ptr<const LoadedGeneration> generation,
    std::string callable,
    tenon_step_function function
)
    : Handler(generation, {.callable = std::move(callable)}),
      home_(generation.get()),
      function_(function) {}

LoadedHandler::~LoadedHandler() {
    if (home_ != nullptr && instances_) {
        home_->keep(std::move(instances_));
    }
}

StepOutcome LoadedHandler::attempt(const StepCall& step) const noexcept {
    const GuestWorkScope work(
        {.build = home_ == nullptr ? nullptr : &home_->info(),
         .callable = &callable(),
         .step = &step}
    );
    const ForkGuard guard;
    try {
        const auto dependencies = dependency_array(step.dependencies);
        const auto described = describe(callable(), step, dependencies);
        tenon_call call(callable(), step);
        CallHandle handle(call);
        enter_plugin_code();
        const auto status = run(call, handle.get(), described);
        handle.end();  // Whatever threads of the plugin still do, the outcome is settled alone.
        return settle(call, status);
    } catch (const std::exception& error) {
        return foreign_exception(callable(), error.what());
    } catch (...) {
        return foreign_exception(callable(), "it is no std::exception");
    }
}

tenon_status LoadedHandler::run(tenon_call& call, tenon_call* handle, const tenon_step& step)
    const {
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
