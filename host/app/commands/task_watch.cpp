#include "app/commands/task_watch.hpp"

#include "app/terminal/interruption.hpp"
#include "app/terminal/task_display.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

namespace tenon::app {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds poll_delay_min{40};
constexpr milliseconds poll_delay_max{1000};
constexpr milliseconds tick_interval{100};
constexpr std::chrono::seconds outage_limit{60};

std::unique_ptr<TaskDisplay> make_display(WatchForm form, const TaskConsole& console) {
    DisplayTarget target{.out = console.out, .err = console.err, .traits = console.traits};
    switch (form) {
        case WatchForm::changes: return make_json_display(std::move(target));
        case WatchForm::document: return make_document_display(std::move(target));
        case WatchForm::picture: break;
    }
    return console.traits().live ? make_live_display(std::move(target))
                                 : make_line_display(std::move(target));
}

/// Looks at one task again and again, ever less often while nothing happens.
class Watch {
public:
    Watch(TaskClient& client, std::string task_uuid, TaskDisplay& display)
        : client_(client), task_uuid_(std::move(task_uuid)), display_(display) {}

    /// The task once it settled; nothing when the user had enough.
    std::optional<TaskView> run() {
        while (!interruption_.requested()) {
            if (look() && is_settled(*last_)) {
                return last_;
            }
            rest();
        }
        return std::nullopt;
    }

private:
    /// False when the host gave no answer but may give one later.
    bool look() {
        try {
            auto task = client_.task(task_uuid_);
            display_.show(task);
            const bool changed = !last_ || last_->document_json != task.document_json;
            delay_ = changed ? poll_delay_min : std::min(delay_ * 3 / 2, poll_delay_max);
            last_ = std::move(task);
            outage_since_.reset();
            return true;
        } catch (const CommandFailure& failure) {
            if (!may_pass(failure)) {
                throw;
            }
            display_.trouble(std::string(failure.what()) + "; still trying");
            delay_ = std::min(delay_ * 3 / 2, poll_delay_max);
            return false;
        }
    }

    /// A host that answered before may be on its way back.
    bool may_pass(const CommandFailure& failure) {
        const bool outage = failure.exit_code() == ExitCode::unreachable ||
                            failure.exit_code() == ExitCode::host_error;
        outage_since_ = outage_since_.value_or(Clock::now());
        return outage && last_ && Clock::now() - *outage_since_ < outage_limit;
    }

    void rest() {
        const auto end = Clock::now() + delay_;
        for (auto left = end - Clock::now(); left > Clock::duration::zero();
             left = end - Clock::now()) {
            if (interruption_.requested()) {
                return;
            }
            const auto part = std::chrono::ceil<milliseconds>(left);
            interruption_.wait_for(std::min(part, tick_interval));
            display_.tick();
        }
    }

    TaskClient& client_;
    const std::string task_uuid_;
    TaskDisplay& display_;
    Interruption interruption_;
    milliseconds delay_ = poll_delay_min;
    std::optional<TaskView> last_;
    std::optional<Clock::time_point> outage_since_;
};

}  // namespace

ExitCode watch_task(const TaskWatchOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        TaskClient client(options.url);
        const auto form = options.json ? WatchForm::changes : WatchForm::picture;
        return follow_task(client, options.task_uuid, form, console);
    });
}

ExitCode follow_task(
    TaskClient& client,
    const std::string& task_uuid,
    WatchForm form,
    const TaskConsole& console
) {
    const auto display = make_display(form, console);
    const auto task = Watch(client, task_uuid, *display).run();
    if (!task) {
        throw CommandFailure(
            ExitCode::interrupted,
            "stopped watching; the task goes on, see it with: tenon task get " + task_uuid
        );
    }
    display->end(*task);
    return is_success(*task) ? ExitCode::ok : ExitCode::task_failed;
}

}  // namespace tenon::app
