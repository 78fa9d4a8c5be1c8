#include "support/unruly_workflows.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <fstream>
#include <map>
#include <utility>

namespace tenon::testing {
namespace {

constexpr auto once = "max_attempts: 1";
constexpr auto twice = "max_attempts: 2, backoff: none";

/// `more`: further keys of the step, each a line.
std::string step(
    const std::string& name,
    const std::string& handler,
    const std::string& retry,
    const std::string& more = {}
) {
    return fmt::format(
        "  - name: {}\n"
        "    handler: {{callable: \"unruly::{}\"}}\n"
        "    retry: {{{}}}\n"
        "{}",
        name,
        handler,
        retry,
        more
    );
}

std::string wide() {
    auto steps = std::string(
        "  - name: root\n"
        "    handler: {callable: \"unruly::SpanHandler\", initialization: {ms: 0}}\n"
    );
    for (int i = 1; i <= UnrulyWorkflows::leaves; ++i) {
        steps += step(fmt::format("leaf_{}", i), "SpanHandler", once, "    dependencies: [root]\n");
    }
    return steps;
}

CallSpan::Time time_of(std::int64_t microseconds) {
    return CallSpan::Time(std::chrono::microseconds(microseconds));
}

}  // namespace

UnrulyWorkflows::UnrulyWorkflows() {
    const std::map<std::string, std::string> templates{
        {"span", step("only", "SpanHandler", once)},
        {"rare", step("only", "RareHandler", once)},
        {"wide", wide()},
        {"deaf", step("only", "DeafHandler", twice, "    timeout_seconds: 1\n")},
        {"eternal", step("only", "DeafHandler", twice, "    timeout_seconds: 600\n")},
        {"obedient", step("only", "ObedientHandler", once, "    timeout_seconds: 600\n")},
        {"stuck", step("only", "StuckHandler", once)},
        {"tireless", step("only", "TirelessHandler", once, "    max_runtime_seconds: 1\n")},
    };
    for (const auto& [name, steps] : templates) {
        std::ofstream file(directory_.path() + "/" + name + ".yaml");
        file << "name: " << name << "\nnamespace_name: unruly\nversion: 1.0.0\nsteps:\n" << steps;
    }
}

std::string UnrulyWorkflows::plugins() {
    return TENON_BINARY_DIR "/tests/support/plugins";
}

std::string UnrulyWorkflows::submit(
    SqlSession& sql,
    const std::string& name,
    int count,
    std::chrono::milliseconds time
) const {
    const auto context = fmt::format(
        R"({{"journal": "{0}/journal", "gate": "{0}/gate", "ms": {1}}})",
        directory_.path(),
        time.count()
    );
    return sql
        .rows(
            "SELECT s[1] FROM tenon.submit_batch('unruly', $1, array_fill($2::json, "
            "ARRAY[$3::integer])) AS s",
            {name, context, std::to_string(count)}
        )
        .front()
        .front()
        .value();
}

void UnrulyWorkflows::open_gate() const {
    std::ofstream(directory_.path() + "/gate");
}

std::vector<CallSpan> UnrulyWorkflows::calls(std::string_view handler) const {
    std::map<std::pair<std::string, int>, CallSpan> calls;
    std::ifstream file(directory_.path() + "/journal");
    CallSpan line;
    for (std::int64_t begin = 0, end = 0;
         file >> line.handler >> begin >> end >> line.step >> line.attempt;) {
        if (line.handler != handler) {
            continue;
        }
        line.begin = time_of(begin);
        line.ended = end != 0;
        line.end = time_of(line.ended ? end : begin);
        calls[{line.step, line.attempt}] = line;
    }
    std::vector<CallSpan> ordered;
    for (auto& [key, call] : calls) {
        ordered.push_back(std::move(call));
    }
    std::ranges::sort(ordered, {}, &CallSpan::begin);
    return ordered;
}

int most_at_once(const std::vector<CallSpan>& calls) {
    std::vector<std::pair<CallSpan::Time, int>> changes;
    for (const auto& call : calls) {
        if (call.ended) {
            changes.emplace_back(call.begin, 1);
            changes.emplace_back(call.end, -1);
        }
    }
    std::ranges::sort(changes);  // Of one moment, the ends first.
    int now = 0;
    int most = 0;
    for (const auto& [time, change] : changes) {
        now += change;
        most = std::max(most, now);
    }
    return most;
}

std::chrono::microseconds longest_gap(const std::vector<CallSpan>& calls, std::size_t slots) {
    std::vector<CallSpan::Time> begins;
    std::vector<CallSpan::Time> ends;
    for (const auto& call : calls) {
        begins.push_back(call.begin);
        ends.push_back(call.end);
    }
    std::ranges::sort(begins);
    std::ranges::sort(ends);
    std::chrono::microseconds longest{0};
    for (std::size_t i = slots; i < begins.size(); ++i) {
        const auto gap = begins[i] - ends[i - slots];
        longest = std::max(longest, std::chrono::duration_cast<std::chrono::microseconds>(gap));
    }
    return longest;
}

}  // namespace tenon::testing
