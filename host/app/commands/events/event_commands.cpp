#include "app/commands/events/event_commands.hpp"

#include "app/commands/console_command.hpp"
#include "app/commands/events/event_watch.hpp"

#include <CLI/CLI.hpp>
#include <memory>

namespace tenon::app {

void add_event_commands(CLI::App& root, int& exit_code) {
    auto* parent = root.add_subcommand("events", "look at what steps publish");
    parent->require_subcommand(1);

    const auto options = std::make_shared<EventWatchOptions>();
    auto* watch = parent->add_subcommand("watch", "print events as they happen");
    watch->add_option("--pattern", options->pattern, "*, payment.* or payment.charged (default *)");
    watch->add_option("--namespace", options->namespace_name, "only those of this namespace");
    watch->add_option("--after", options->after, "go on after this id, such as orders:12");
    watch->add_option("--count", options->count, "end after so many events");
    watch->add_flag("--json", options->json, "print whole documents, one a line");
    add_url(*watch, options->url);
    watch->callback([options, &exit_code] { run_on_console(watch_events, *options, exit_code); });
}

}  // namespace tenon::app
