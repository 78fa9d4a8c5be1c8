#include "app/commands/task_console.hpp"

#include "app/terminal/display_text.hpp"

namespace tenon::app {

ExitCode report_failure(const TaskConsole& console, const std::function<ExitCode()>& command) {
    try {
        return command();
    } catch (const CommandFailure& failure) {
        console.err << "tenon: " << printable(failure.what()) << std::endl;
        return failure.exit_code();
    }
}

}  // namespace tenon::app
