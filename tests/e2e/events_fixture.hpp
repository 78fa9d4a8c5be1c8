#pragma once

#include "support/child_program.hpp"
#include "support/host_process.hpp"
#include "support/postgres.hpp"
#include "support/slow_workflows.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace tenon::testing {

/// Hosts with one workflow, `events/teller`, whose only step publishes:
///   item.shipped     durable, on success, an integer, once for each entry of `context.items`
///   order.failed     durable, on failure
///   order.done       broadcast, always
///   order.noticed    fast, on success
///   order.checked    durable, on success, with a schema that no result of the step satisfies
class EventHosts : public DatabaseTest {
protected:
    EventHosts() {
        std::ofstream(folder_.path() + "/teller.yaml") <<
            R"(name: teller
namespace_name: events
version: 1.2.3
steps:
  - name: tell
    handler: {callable: "slow::TellingHandler"}
    publishes_events:
      - {name: item.shipped, schema: {type: integer}}
      - {name: order.failed, condition: failure}
      - {name: order.done, condition: always, delivery_mode: broadcast}
      - {name: order.noticed, delivery_mode: fast}
      - {name: order.checked, schema: {type: object}}
)";
    }

    std::unique_ptr<HostProcess> host(
        const std::string& role = "all",
        std::vector<std::string> more = {}
    ) {
        const bool brain = role != "worker";
        return start_host(
            {.database_url = conninfo(),
             .role = role,
             .plugins = role == "orchestration" ? std::string() : SlowWorkflows::plugins(),
             .templates = brain ? folder_.path() : std::string(),
             .more = std::move(more)}
        );
    }

    std::string submit(const std::string& context = "{}") {
        const auto task = sql().value("SELECT tenon.submit('events', 'teller', $1)", {context});
        return task;
    }

    bool ended(const std::string& task) {
        return eventually([&] {
            return sql().value(
                       "SELECT state NOT IN ('steps_in_process') FROM tenon.tasks "
                       "WHERE task_uuid = $1::uuid",
                       {task}
                   ) == "t";
        });
    }

    /// Submits a task and waits for its end.
    std::string complete(const std::string& context = "{}") {
        auto task = submit(context);
        EXPECT_TRUE(ended(task));
        return task;
    }

    /// The names on the queue, in order of their names.
    std::string queued() {
        return sql().value(
            "SELECT coalesce(string_agg(message ->> 'event_name', ' ' "
            "ORDER BY message ->> 'event_name'), '') "
            "FROM pgmq.q_events_domain_events"
        );
    }

private:
    TemporaryDirectory folder_;
};

/// A `tenon events watch --json` that runs.
class Watcher {
public:
    explicit Watcher(const HostProcess& host, std::vector<std::string> more = {})
        : program_(words(host, std::move(more))) {}

    /// The documents it has printed so far.
    std::vector<nlohmann::json> documents() const {
        std::vector<nlohmann::json> found;
        std::istringstream lines(program_.out());
        for (std::string line; std::getline(lines, line) && !lines.eof();) {
            found.push_back(nlohmann::json::parse(line));
        }
        return found;
    }

    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& document : documents()) {
            found.push_back(document.at("event_name"));
        }
        std::ranges::sort(found);
        return found;
    }

    /// Waits until it has printed as many.
    bool await(std::size_t count) const {
        return eventually([&] { return documents().size() >= count; });
    }

    ChildProgram& program() noexcept { return program_; }

private:
    static std::vector<std::string> words(const HostProcess& host, std::vector<std::string> more) {
        std::vector<std::string> words{
            tenon_executable(), "events", "watch", "--json", "--url", host.url()
        };
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }

    ChildProgram program_;
};

}  // namespace tenon::testing
