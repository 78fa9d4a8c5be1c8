#pragma once

#include "support/postgres.hpp"

#include <map>
#include <string>
#include <vector>

namespace tenon::testing {

/// One of the example workflows, and what each of its steps makes of the input 6.
struct ExampleWorkflow {
    std::string namespace_name;
    std::string name;
    std::map<std::string, std::string> results;  ///< JSON by step name.
};

/// linear, diamond and tree.
const std::vector<ExampleWorkflow>& example_workflows();

/// The input of which the results are known.
inline constexpr auto example_input = R"({"even_number": 6})";

/// Submits a task as any SQL client would; returns its UUID.
std::string submit_task(
    SqlSession& sql,
    const ExampleWorkflow& workflow,
    const std::string& input = example_input
);

/// Submits `count` tasks of each example workflow, in one transaction each.
void submit_burst(SqlSession& sql, int count);

std::string task_state(SqlSession& sql, const std::string& task_uuid);

/// How many tasks are not complete.
int open_tasks(SqlSession& sql);

/// Results by step name, as stored.
std::map<std::string, std::string> step_results(SqlSession& sql, const std::string& task_uuid);

/// One sentence for each step of an example workflow whose result is not what the input 6 gives.
std::vector<std::string> wrong_results(SqlSession& sql);

}  // namespace tenon::testing
