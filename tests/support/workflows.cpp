#include "support/workflows.hpp"

#include <fmt/format.h>

namespace tenon::testing {

const std::vector<ExampleWorkflow>& example_workflows() {
    static const std::vector<ExampleWorkflow> workflows{
        {"linear_workflow",
         "mathematical_sequence",
         {{"linear_step_1", "36"},
          {"linear_step_2", "46"},
          {"linear_step_3", "138"},
          {"linear_step_4", "69"}}},
        {"diamond_workflow",
         "diamond_pattern",
         {{"diamond_start", "36"},
          {"diamond_branch_b", "1296"},
          {"diamond_branch_c", "1296"},
          {"diamond_end", "2821109907456"}}},
        {"tree_workflow",
         "hierarchical_tree",
         {{"tree_root", "36"},
          {"tree_branch_left", "1296"},
          {"tree_branch_right", "1296"},
          {"tree_leaf_d", "1679616"},
          {"tree_leaf_e", "1679616"},
          {"tree_leaf_f", "1679616"},
          {"tree_leaf_g", "1679616"},
          {"tree_final_convergence", R"("63340286662973277706162286946811886609896461828096")"}}},
    };
    return workflows;
}

std::string submit_task(
    SqlSession& sql,
    const ExampleWorkflow& workflow,
    const std::string& input
) {
    return sql.value(
        "SELECT tenon.submit($1, $2, $3)", {workflow.namespace_name, workflow.name, input}
    );
}

void submit_burst(SqlSession& sql, int count) {
    for (const auto& workflow : example_workflows()) {
        sql.rows(
            "SELECT tenon.submit_batch($1, $2, array_fill($3::json, ARRAY[$4::integer]))",
            {workflow.namespace_name, workflow.name, example_input, std::to_string(count)}
        );
    }
}

std::string task_state(SqlSession& sql, const std::string& task_uuid) {
    return sql.value("SELECT state FROM tenon.tasks WHERE task_uuid = $1", {task_uuid});
}

int open_tasks(SqlSession& sql) {
    return std::stoi(sql.value("SELECT count(*) FROM tenon.tasks WHERE state <> 'complete'"));
}

std::map<std::string, std::string> step_results(SqlSession& sql, const std::string& task_uuid) {
    std::map<std::string, std::string> results;
    const auto rows = sql.rows(
        "SELECT ts.name, s.result FROM tenon.workflow_steps s JOIN tenon.tasks t USING (task_uuid) "
        "JOIN tenon.template_steps ts USING (template_id, step_no) WHERE s.task_uuid = $1",
        {task_uuid}
    );
    for (const auto& row : rows) {
        results[row.at(0).value()] = row.at(1).value_or("NULL");
    }
    return results;
}

std::vector<std::string> wrong_results(SqlSession& sql) {
    std::map<std::string, std::string> expected;
    for (const auto& workflow : example_workflows()) {
        expected.insert(workflow.results.begin(), workflow.results.end());
    }
    std::vector<std::string> wrong;
    const auto rows = sql.rows(
        "SELECT ts.name, s.result::text, count(*), min(s.task_uuid::text) "
        "FROM tenon.workflow_steps s JOIN tenon.tasks t USING (task_uuid) "
        "JOIN tenon.template_steps ts USING (template_id, step_no) GROUP BY 1, 2"
    );
    for (const auto& row : rows) {
        const auto known = expected.find(row.at(0).value());
        const auto result = row.at(1).value_or("NULL");
        if (known != expected.end() && known->second != result) {
            wrong.push_back(fmt::format(
                "{} of {} has {} in {} tasks, such as {}",
                known->first,
                known->second,
                result,
                row.at(2).value(),
                row.at(3).value()
            ));
        }
    }
    return wrong;
}

}  // namespace tenon::testing
