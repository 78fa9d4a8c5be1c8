#include "app/commands/task_get.hpp"

#include "app/commands/operations/task_advice.hpp"
#include "app/commands/task_client.hpp"
#include "app/terminal/task_picture.hpp"

namespace tenon::app {

ExitCode get_task(const TaskGetOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto task = TaskClient(options.url).task(options.task_uuid);
        if (options.json) {
            console.out << task.document_json << std::endl;
            return ExitCode::ok;
        }
        const auto now = std::chrono::system_clock::now();
        for (const auto& line : draw_task(task, {.traits = console.traits(), .now = now})) {
            console.out << line << '\n';
        }
        for (const auto& line : advice_for(task)) {
            console.out << line << '\n';
        }
        console.out << std::flush;
        return ExitCode::ok;
    });
}

}  // namespace tenon::app
