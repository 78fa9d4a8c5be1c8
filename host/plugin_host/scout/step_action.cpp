#include "plugin_host/scout/step_action.hpp"

#include "foundation/overloaded.hpp"
#include "plugin_host/catalog.hpp"
#include "plugin_host/handler.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <sys/timerfd.h>
#include <unistd.h>
#include <variant>

namespace tenon::plugin_host {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// JSON that was checked already, as part of a larger document; its numbers may lose digits there,
// so the outcome carries the text itself.
Json checked(std::string_view json) {
    return json.empty() ? Json(nullptr) : Json::parse(json);
}

class LocalServices : public CallServices {
public:
    LocalServices(const ScoutRequest& request, ScoutReply& reply)
        : request_(request), reply_(reply), began_(Clock::now()) {}

    LocalServices(const LocalServices&) = delete;
    LocalServices& operator=(const LocalServices&) = delete;

    ~LocalServices() override {
        if (timer_ >= 0) {
            ::close(timer_);
        }
    }

    std::optional<std::string> result_of(std::string_view step_name) override {
        for (const auto& [name, result] : request_.dependencies) {
            if (name == step_name) {
                return result;
            }
        }
        return std::nullopt;
    }

    std::int32_t cancel_reason() const noexcept override {
        const auto after = request_.cancel_after;
        return after.count() > 0 && Clock::now() >= began_ + after ? TENON_CANCEL_TASK
                                                                   : TENON_NOT_CANCELLED;
    }

    int cancel_descriptor() noexcept override {
        if (timer_ < 0) {
            timer_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
            const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                began_ + request_.cancel_after - Clock::now()
            );
            itimerspec due{};
            if (request_.cancel_after.count() > 0) {
                const auto wait = std::max<std::int64_t>(left.count(), 0);
                due.it_value.tv_sec = wait / 1000;
                due.it_value.tv_nsec = wait % 1000 * 1'000'000 + 1;
            }
            ::timerfd_settime(timer_, 0, &due, nullptr);
        }
        return timer_;
    }

    CheckpointStatus save_checkpoint(std::string_view json) override {
        reply_.fact("checkpoint", json);
        return CheckpointStatus::saved;
    }

    bool beat(std::optional<double> fraction, std::string message) override {
        const auto done = fraction ? Json(*fraction) : Json(nullptr);
        reply_.fact("heartbeat", text_of({{"fraction", done}, {"message", message}}));
        return cancel_reason() == TENON_NOT_CANCELLED;
    }

    bool publish(std::string_view name, std::string_view payload_json) override {
        reply_.fact("event", text_of({{"name", name}, {"payload", checked(payload_json)}}));
        return true;
    }

    void log(std::int32_t level, std::string_view message, std::string_view fields) override {
        static constexpr std::array names{"trace", "debug", "info", "warn", "error"};
        reply_.fact(
            "log",
            text_of(
                {{"level", names.at(static_cast<std::size_t>(level))},
                 {"message", message},
                 {"fields", checked(fields)}}
            )
        );
    }

private:
    const ScoutRequest& request_;
    ScoutReply& reply_;
    Clock::time_point began_;
    int timer_ = -1;
};

Json failure_json(const StepFailure& failure) {
    Json json{
        {"outcome", "failed"},
        {"message", failure.message},
        {"error_type", failure.error_type},
        {"error_code", failure.error_code},
        {"retryable", failure.retryable ? Json(*failure.retryable) : Json(nullptr)},
        {"retry_after_ms", failure.retry_after ? Json(failure.retry_after->count()) : Json(nullptr)
        },
    };
    json["context"] = checked(failure.context_json);
    return json;
}

Json outcome_json(const StepOutcome& outcome) {
    return std::visit(
        Overloaded{
            [](const std::string& result) {
                return Json::object({{"outcome", "completed"}, {"result", result}});
            },
            [](const StepFailure& failure) { return failure_json(failure); },
            [](const Yielded&) { return Json::object({{"outcome", "yielded"}}); },
        },
        outcome
    );
}

}  // namespace

void run_step_action(const ScoutRequest& request, ScoutReply& reply) {
    reply.begin("loading it");
    const auto generation = load_for(request, reply);
    if (!generation) {
        return;
    }
    const auto catalog = Catalog({}).with(generation);
    const auto handler = catalog ? catalog->resolve(request.callable, request.method)
                                 : Result<std::shared_ptr<const Handler>>(catalog.error());
    if (!handler) {
        reply.fact("unresolved", handler.error().detail);
        return;
    }
    std::vector<DependencyView> dependencies;
    for (const auto& [name, result] : request.dependencies) {
        dependencies.push_back({name, result});
    }
    LocalServices services(request, reply);
    StepCall step;
    step.method = request.method;
    step.task_uuid = "01900000-0000-7000-8000-000000000000";
    step.step_uuid = "01900000-0000-7000-8000-000000000001";
    step.step_name = "step";
    step.namespace_name = "local";
    step.correlation_id = "01900000-0000-7000-8000-0000000000c0";
    step.attempt = request.attempt;
    step.max_attempts = request.max_attempts;
    step.context_json = request.context;
    step.initialization_json = request.initialization;
    step.checkpoint_json = request.checkpoint;
    step.dependencies = dependencies;
    step.services = &services;
    reply.begin("running it");
    const auto outcome = (*handler)->invoke(step);
    reply.fact("outcome", text_of(outcome_json(outcome)));
    reply.begin("unloading it");
}

}  // namespace tenon::plugin_host
