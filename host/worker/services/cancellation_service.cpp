#include "worker/services/cancellation_service.hpp"

#include "foundation/telemetry/log.hpp"

#include <exception>
#include <string>
#include <utility>

namespace tenon::worker {
namespace {

constexpr std::string_view component = "cancellation";

// How late a time limit or the loss of the listener may be noticed.
constexpr std::chrono::milliseconds nap(20);

// While the database is away.
constexpr std::chrono::milliseconds pause_after_failure(500);

}  // namespace

CancellationService::CancellationService(Options options, Needs needs)
    : options_(options), needs_(std::move(needs)) {}

CancellationService::~CancellationService() {
    stop();
}

void CancellationService::start(Listening listening) {
    listening_ = std::move(listening);
    thread_ = std::thread([this] { run(); });
}

// The handlers first: a step that begins between the two is kept from it by the registry.
void CancellationService::cancel(TaskId task) {
    const auto asked = needs_.running.cancel_task(task);
    const auto unstarted = needs_.handlers.take_unstarted(task);
    if (!unstarted.empty()) {
        needs_.inbox.give_back(unstarted);
    }
    if (asked + unstarted.size() > 0) {
        log::info(
            component,
            "task " + task.to_string() + " was cancelled: " + std::to_string(asked) +
                " handlers asked to stop, " + std::to_string(unstarted.size()) +
                " unstarted steps given back"
        );
    }
}

void CancellationService::look() {
    const auto tasks = needs_.running.tasks();
    if (tasks.empty()) {
        return;
    }
    for (const auto task : needs_.steps.ended_tasks(tasks)) {
        cancel(task);
    }
}

void CancellationService::stop() {
    needs_.running.stop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void CancellationService::run() {
    while (needs_.running.nap(nap)) {
        enforce_limits();
        if (!should_ask()) {
            continue;
        }
        last_question_ = Clock::now();
        try {
            look();
        } catch (const std::exception& error) {
            log::warning(component, error.what());
            last_question_ += pause_after_failure;
        }
    }
}

void CancellationService::enforce_limits() {
    for (auto& step : needs_.running.enforce_limits(
             Clock::now(), {.grace = options_.grace, .reload = options_.reload}
         )) {
        const auto& failure = std::get<StepFailure>(step.outcome);
        log::error(
            component,
            "step " + step_id(step.task, step.step_no).to_string() + ": " + failure.message +
                "; its slot stays taken until it does"
        );
        needs_.settle_instead(std::move(step));
    }
}

bool CancellationService::should_ask() const {
    const auto now = Clock::now();
    if (listening_() || now - last_question_ < options_.ask_interval) {
        return false;
    }
    const auto oldest = needs_.running.oldest();
    return oldest && now - *oldest >= options_.ask_interval;
}

}  // namespace tenon::worker
