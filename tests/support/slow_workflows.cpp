#include "support/slow_workflows.hpp"

#include <cstdint>
#include <fmt/format.h>
#include <fstream>
#include <numeric>
#include <vector>

namespace tenon::testing {
namespace {

constexpr auto often = "max_attempts: 100, backoff: none";

/// `retry`: further keys of its retry policy.
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
        "    retry: {{retryable: true, {}}}\n"
        "    timeout_seconds: {}\n",
        name,
        handler,
        dependencies,
        retry,
        limit_seconds
    );
}

/// `more`: further keys of the template, each a line.
void write_template(
    const std::string& folder,
    const std::string& name,
    const std::vector<std::string>& steps,
    const std::string& more = {}
) {
    std::ofstream file(folder + "/" + name + ".yaml");
    file << "name: " << name << "\nnamespace_name: slow\nversion: 1.0.0\n" << more << "steps:\n";
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
    const auto once = "max_attempts: 1, backoff: none";
    write_template(folder, "strict", {step("only", "", "PatientHandler", once, 1)});
    write_template(folder, "beating", {step("only", "", "BeatingHandler", once, 1)});
    write_template(folder, "count", {step("only", "", "CountHandler", "max_attempts: 2")});
    write_template(folder, "stubborn", {step("only", "", "SleepHandler", once, 1)});
    const std::string soon = "max_attempts: 100, backoff: linear, backoff_base_ms: 100";
    const std::string late =
        "max_attempts: 100, backoff: linear, backoff_base_ms: 600000, max_backoff_ms: 600000";
    write_template(
        folder, "flaky", {step("first", "", "FlakyHandler", soon), step("second", "first")}
    );
    write_template(
        folder, "waiting", {step("first", "", "HopefulHandler", late), step("second", "first")}
    );
    write_template(
        folder,
        "limited",
        {step("first", "", "HopefulHandler", late), step("second", "first")},
        "lifecycle: {max_duration_minutes: 1, staleness_action: error}\n"
    );
    write_template(
        folder,
        "gated",
        {step("first", "", "GatedHandler", soon), step("second", "first", "SleepHandler", soon)}
    );
    write_template(
        folder,
        "prompt",
        {step("only", "", "FlakyHandler", "max_attempts: 2, backoff: linear, backoff_base_ms: 50")}
    );
    write_template(folder, "foreign", {step("only", "", "HandlerOfNobody")});
    write_template(folder, "fragile", {step("only", "", "SleepHandler", "max_attempts: 1")});
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
    sql.rows(
        "SELECT tenon.submit_batch('slow', $1, array_fill($2::json, ARRAY[$3::integer]))",
        {name, context(time), std::to_string(count)}
    );
}

std::string SlowWorkflows::context(std::chrono::milliseconds time, const std::string& gate) const {
    return fmt::format(
        R"({{"journal": "{}", "ms": {}, "gate": "{}"}})", journal(), time.count(), gate
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
