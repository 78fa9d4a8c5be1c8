#include "app/supervision/supervision.hpp"

#include "app/host_options.hpp"

#include <CLI/CLI.hpp>

namespace tenon::app {

void add_supervised_options(CLI::App& command, const std::shared_ptr<HostOptions>& options) {
    auto& supervision = options->supervision;
    command.add_option("--supervised", supervision.crash_name)->group("");
    command.add_option("--supervised-database", supervision.database_url)->group("");
}

}  // namespace tenon::app
