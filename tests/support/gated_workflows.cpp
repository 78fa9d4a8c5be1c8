#include "support/gated_workflows.hpp"

#include "support/workflows.hpp"

#include <filesystem>
#include <fmt/format.h>
#include <fstream>

namespace tenon::testing {
namespace {

std::string sum(const std::string& name, const std::string& dependencies, std::int64_t add) {
    return fmt::format(
        "  - name: {}\n"
        "    handler: {{callable: \"gate::SumHandler\", initialization: {{add: {}}}}}\n"
        "    dependencies: [{}]\n",
        name,
        add,
        dependencies
    );
}

std::string gate(const std::string& name, const std::string& dependencies, bool retryable) {
    return fmt::format(
        "  - name: {}\n"
        "    handler: {{callable: \"gate::GateHandler\", initialization: {{retryable: {}}}}}\n"
        "    dependencies: [{}]\n"
        "    retry: {{max_attempts: 2, backoff: none, backoff_base_ms: 10}}\n",
        name,
        retryable,
        dependencies
    );
}

void write_template(
    const std::string& folder,
    const std::string& name,
    const std::string& keys,
    const std::string& steps
) {
    std::ofstream(folder + "/" + name + ".yaml")
        << "name: " << name << "\nnamespace_name: gates\nversion: 1.0.0\n"
        << keys << "steps:\n"
        << steps;
}

std::string diamond(bool retryable) {
    return sum("start", "", 6) + gate("left", "start", retryable) + sum("right", "start", 10) +
           sum("join", "left, right", 0);
}

}  // namespace

GatedWorkflows::GatedWorkflows() {
    const auto& folder = directory_.path();
    write_template(folder, "gated", "", diamond(false));
    write_template(folder, "flaky", "", diamond(true));
    write_template(
        folder,
        "twins",
        "",
        gate("left", "", false) + gate("right", "", false) + sum("join", "left, right", 0)
    );
    write_template(folder, "strict", "identity_strategy: strict\n", sum("only", "", 1));
    write_template(folder, "keyed", "identity_strategy: caller_provided\n", sum("only", "", 1));
    std::filesystem::create_directory(folder + "/gates");
}

std::string GatedWorkflows::plugins() {
    return TENON_BINARY_DIR "/tests/support/plugins";
}

std::string GatedWorkflows::context() const {
    return fmt::format(R"({{"gates": "{}/gates"}})", directory_.path());
}

void GatedWorkflows::open(const std::string& step, std::int64_t number) const {
    const auto file = directory_.path() + "/gates/" + step;
    std::ofstream(file + ".new") << number << '\n';
    std::filesystem::rename(file + ".new", file);
}

std::string GatedWorkflows::submit(SqlSession& sql, const std::string& name) const {
    return sql.value("SELECT tenon.submit('gates', $1, $2)", {name, context()});
}

std::map<std::string, std::string> step_states(SqlSession& sql, const std::string& task_uuid) {
    std::map<std::string, std::string> states;
    const auto rows = sql.rows(
        "SELECT ts.name, s.state FROM tenon.workflow_steps s JOIN tenon.tasks t USING (task_uuid) "
        "JOIN tenon.template_steps ts USING (template_id, step_no) WHERE s.task_uuid = $1",
        {task_uuid}
    );
    for (const auto& row : rows) {
        states[row.at(0).value()] = row.at(1).value();
    }
    return states;
}

bool await_state(SqlSession& sql, const std::string& task_uuid, const std::string& state) {
    return eventually([&] { return task_state(sql, task_uuid) == state; });
}

}  // namespace tenon::testing
