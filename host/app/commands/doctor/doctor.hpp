#pragma once

#include "app/commands/doctor/diagnosis.hpp"
#include "app/commands/task_console.hpp"
#include "app/configuration/configuration.hpp"

#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace tenon::app {

/// Where a doctor looks.
struct DoctorOptions {
    std::string database_url{};
    std::string direct_url{};
    std::string url{};  ///< Of a host; empty: none is asked.
    bool json = false;
};

/// Looks for the faults that are common, changes nothing, and says of each what it means and how it
/// is put right. `task_failed` when one is more than a note.
ExitCode run_doctor(const DoctorOptions& options, const TaskConsole& console);

/// Adds `doctor`.
void add_doctor_command(CLI::App& root, int& exit_code);

}  // namespace tenon::app
