#include "support/slow_workflows.hpp"

#include <cstdint>
#include <fmt/format.h>
#include <fstream>
#include <numeric>
#include <vector>

namespace tenon::testing {
namespace {

constexpr auto often = "max_attempts: 5";

std::string step(
    const std::string& name,
    const std::string& dependencies,
    const std::string& handler = "SleepHandler",
    const std::string& retry = often,
    int limit_seconds = 30
) {
    return fmt::format(
        "  - name: {}\n"
        "    handler:\n"
        "      callable: \"slow::{}\"\n"
        "    dependencies: [{}]\n"
        "    retry: {{retryable: true, {}, backoff: none}}\n"
        "    timeout_seconds: {}\n",
        name,
        handler,
        dependencies,
        retry,
        limit_seconds
    );
}

void write_template(
    const std::string& folder,
    const std::string& name,
    const std::vector<std::string>& steps
) {
    std::ofstream file(folder + "/" + name + ".yaml");
    file << "name: " << name << "\nnamespace_name: slow\nversion: 1.0.0\nsteps:\n";
    for (const auto& text : steps) {
        file << text;
    }
}

std::vector<std::string> fan() {
    std::vector<std::string> steps{step("root", "")};
    std::string all;
    for (int i = 1; i <= SlowWorkflows::leaves; ++i) {
        const auto name = fmt::format("leaf_{}", i);
        steps.push_back(step(name, "root"));
        all += (all.empty() ? "" : ", ") + name;
    }
    steps.push_back(step("join", all));
    return steps;
}

}  // namespace

SlowWorkflows::SlowWorkflows() {
    const auto& folder = directory_.path();
    write_template(folder, "single", {step("only", "")});
    write_template(
        folder,
        "chain",
        {step("first", ""),
         step("second", "first"),
         step("third", "second"),
         step("fourth", "third")}
    );
    write_template(folder, "fan", fan());
    write_template(folder, "patient", {step("only", "", "PatientHandler"), step("after", "only")});
    const auto once = "max_attempts: 1";
    write_template(folder, "strict", {step("only", "", "PatientHandler", once, 1)});
    write_template(folder, "stubborn", {step("only", "", "SleepHandler", once, 1)});
}

std::string SlowWorkflows::plugins() {
    return TENON_BINARY_DIR "/tests/support/plugins";
}

void SlowWorkflows::submit(
    SqlSession& sql,
    const std::string& name,
    int count,
    std::chrono::milliseconds time
) const {
    const auto context = fmt::format(R"({{"journal": "{}", "ms": {}}})", journal(), time.count());
    sql.rows(
        "SELECT tenon.submit_batch('slow', $1, array_fill($2::json, ARRAY[$3::integer]))",
        {name, context, std::to_string(count)}
    );
}

std::map<std::string, int> SlowWorkflows::starts() const {
    std::map<std::string, int> starts;
    std::ifstream file(journal());
    for (std::string line; std::getline(file, line);) {
        ++starts[line];
    }
    return starts;
}

std::map<std::string, std::chrono::system_clock::time_point> SlowWorkflows::stops() const {
    std::map<std::string, std::chrono::system_clock::time_point> stops;
    std::ifstream file(journal() + ".stops");
    std::string step;
    std::string attempt;
    for (std::int64_t at = 0; file >> step >> attempt >> at;) {
        stops[step + " " + attempt] =
            std::chrono::system_clock::time_point(std::chrono::microseconds(at));
    }
    return stops;
}

int SlowWorkflows::start_count() const {
    const auto all = starts();
    return std::accumulate(all.begin(), all.end(), 0, [](int sum, const auto& entry) {
        return sum + entry.second;
    });
}

}  // namespace tenon::testing
