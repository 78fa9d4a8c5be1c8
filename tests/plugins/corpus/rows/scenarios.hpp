#pragma once

#include "plugins/corpus/corpus_table.hpp"

/// What provokes each row of the corpus and expects its outcome, in the order of the rows.
namespace tenon::corpus::rows {

// loading.cpp: plugins that must not get in, or that get in all the same.
void no_entry(const Trial& trial);
void no_note(const Trial& trial);
void other_major(const Trial& trial);
void two_majors(const Trial& trial);
void newer_minor(const Trial& trial);
void oldest_minor(const Trial& trial);
void odd_entry(const Trial& trial);
void truncated(const Trial& trial);
void corrupted(const Trial& trial);
void foreign_formats(const Trial& trial);
void no_regular_files(const Trial& trial);
void untrusted_files(const Trial& trial);
void unresolved_symbol(const Trial& trial);
void missing_libraries(const Trial& trial);
void dangerous_linking(const Trial& trial);
void violent_constructors(const Trial& trial);
void crashing_resolver(const Trial& trial);
void refusing_start(const Trial& trial);
void refusing_second_start(const Trial& trial);
void duplicate_in_one(const Trial& trial);
void duplicate_in_two(const Trial& trial);
void odd_names(const Trial& trial);

// calls.cpp: what handlers hand to their host.
void bare_exceptions(const Trial& trial);
void sdk_exceptions(const Trial& trial);
void late_handles(const Trial& trial);
void many_results(const Trial& trial);
void pending_calls(const Trial& trial);
void large_results(const Trial& trial);
void odd_json(const Trial& trial);
void deep_json(const Trial& trial);
void odd_errors(const Trial& trial);

// processes.cpp: what handlers do to the process that they run in.
void crashes(const Trial& trial);
void leaks(const Trial& trial);
void memory_bomb(const Trial& trial);
void lasting_thread(const Trial& trial);
void output_and_descriptors(const Trial& trial);
void exits(const Trial& trial);
void process_state(const Trial& trial);
void signal_handlers(const Trial& trial);
void forks(const Trial& trial);

// waiting.cpp: handlers that do not come back.
void endless_loop(const Trial& trial);
void lost_lock(const Trial& trial);

// files.cpp: what happens to the file of a plugin that runs.
void replaced_by_tools(const Trial& trial);
void deleted(const Trial& trial);
void slow_copy(const Trial& trial);
void touched(const Trial& trial);
void saved_often(const Trial& trial);

// builds.cpp: one build after the other, and beside others.
void calls_in_flight(const Trial& trial);
void many_reloads(const Trial& trial);
void stays_mapped(const Trial& trial);
void worse_build(const Trial& trial);
void dropped_callable(const Trial& trial);
void no_way_back(const Trial& trial);
void other_toolchains(const Trial& trial);
void two_libraries(const Trial& trial);
void fossils(const Trial& trial);
void killed_host(const Trial& trial);
void no_resources(const Trial& trial);

}  // namespace tenon::corpus::rows
