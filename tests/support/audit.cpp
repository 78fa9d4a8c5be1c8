#include "support/audit.hpp"

#include "domain/step/step_state_machine.hpp"
#include "domain/task/task_state_machine.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sstream>
#include <type_traits>

namespace tenon::testing {
namespace {

constexpr auto step_chains =
    "SELECT s.task_uuid || '/' || s.step_no, s.state, s.attempts, "
    "       w.from_state, array_to_string(w.via, ' '), w.to_state, w.attempt, w.reason "
    "FROM tenon.workflow_steps s "
    "LEFT JOIN tenon.workflow_step_transitions w USING (task_uuid, step_no) "
    "ORDER BY s.task_uuid, s.step_no, w.at, w.ctid";

constexpr auto task_chains =
    "SELECT t.task_uuid, t.state, 0, w.from_state, array_to_string(w.via, ' '), w.to_state, 0, "
    "       w.reason "
    "FROM tenon.tasks t LEFT JOIN tenon.task_transitions w USING (task_uuid) "
    "ORDER BY t.task_uuid, w.at, w.ctid";

constexpr auto unfinished_business =
    "SELECT t.task_uuid || ' is complete and waits on ' || t.waiting_on FROM tenon.tasks t "
    "WHERE t.state = 'complete' AND t.waiting_on <> 0 "
    "UNION ALL "
    "SELECT s.task_uuid || '/' || s.step_no || ' waits on ' || s.waiting_on "
    "FROM tenon.workflow_steps s "
    "WHERE s.waiting_on < 0 OR (s.waiting_on > 0 AND s.state NOT IN ('pending', 'cancelled') "
    // One that failed unstarted was given up together with its task.
    "  AND NOT (s.state = 'error' AND s.attempts = 0))";

/// The attempts that settled, as the audit trail tells them: neither given back, nor ended
/// unstarted.
constexpr auto events_amiss =
    "WITH settled AS ("
    "    SELECT tenon.step_uuid(w.task_uuid, w.step_no) AS step_uuid, tt.namespace, "
    "           count(*) AS n "
    "    FROM tenon.workflow_step_transitions w "
    "    JOIN tenon.all_tasks t USING (task_uuid) "
    "    JOIN tenon.task_templates tt USING (template_id) "
    "    JOIN tenon.template_events e "
    "      ON e.template_id = t.template_id AND e.step_no = w.step_no "
    "     AND e.condition = 'always' AND e.delivery_mode = 'durable' "
    "    WHERE (w.to_state IN ('complete', 'resolved_manually') "
    "           OR (w.to_state IN ('waiting_for_retry', 'error') "
    "               AND w.from_state IN ('in_progress', 'enqueued_as_error_for_orchestration'))) "
    "      AND coalesce(w.reason, '') NOT IN ('given back unstarted', 'stopped with its host', "
    "                                         'yielded at a checkpoint') "
    "    GROUP BY 1, 2"
    "), published AS ("
    "    SELECT (p.document::json #>> '{metadata,step_uuid}')::uuid AS step_uuid, count(*) AS n, "
    "           count(DISTINCT p.document::json ->> 'event_id') AS ids "
    "    FROM tenon.event_queues() q "
    "    CROSS JOIN LATERAL tenon.peek_events(q.namespace, 0, '{}', 1000000) p "
    "    GROUP BY 1) "
    "SELECT format('step %s settled %s times, published %s events with %s ids', "
    "              coalesce(s.step_uuid, p.step_uuid), coalesce(s.n, 0), coalesce(p.n, 0), p.ids) "
    "FROM settled s FULL JOIN published p USING (step_uuid) "
    "WHERE s.n IS DISTINCT FROM p.n OR p.n <> p.ids";

enum Column : std::size_t { key, state, attempts, from, via, to, attempt, reason };

TaskState parse(const std::string& text, TaskState) {
    return parse_task_state(text).value();
}

StepState parse(const std::string& text, StepState) {
    return parse_step_state(text).value();
}

template <class State>
std::vector<State> parse_path(const std::string& text) {
    std::vector<State> path;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        path.push_back(parse(word, State{}));
    }
    return path;
}

/// Follows the chain of one row after the other.
template <class State>
class ChainReader {
public:
    void read(const TextRow& row) {
        if (row[key] != key_) {
            end();
            begin(row);
        }
        if (row[from]) {
            hop(row);
        }
    }

    /// Judges the chain that was read last.
    void end() {
        if (!key_) {
            return;
        }
        if (here_ != row_state_) {
            complain(fmt::format("is {}, but its chain ends in {}", row_state_, here_));
        }
        if (attempts_ != row_attempts_) {
            complain(fmt::format("has {} attempts, its chain {}", row_attempts_, attempts_));
        }
        if (completions_ > 1) {
            complain(fmt::format("was completed {} times", completions_));
        }
    }

    std::vector<std::string> take() && { return std::move(violations_); }

private:
    void begin(const TextRow& row) {
        key_ = row[key];
        row_state_ = row[state].value();
        row_attempts_ = std::stoi(row[attempts].value());
        here_ = "pending";
        attempts_ = 0;
        completions_ = 0;
    }

    void hop(const TextRow& row) {
        const auto source = row[from].value();
        const auto target = row[to].value();
        if (source != here_) {
            complain(fmt::format("leaves {}, but was {}", source, here_));
        }
        const auto path = parse_path<State>(row[via].value_or(""));
        if (!is_legal_path(std::optional(parse(source, State{})), path, parse(target, State{}))) {
            complain(
                fmt::format("goes {} → {} → {}", source, row[via].value_or("(directly)"), target)
            );
        }
        count(row, path, target);
        here_ = target;
    }

    /// An attempt begins with a claim, or with the result of a worker that never claimed.
    void count(const TextRow& row, const std::vector<State>& path, const std::string& target) {
        completions_ += target == "complete" ? 1 : 0;
        if (row[from] == "error" && (target == "pending" || target == "enqueued")) {
            attempts_ = 0;  // An operator gave it all its attempts again.
        }
        attempts_ += target == "in_progress" ? 1 : 0;
        if constexpr (std::is_same_v<State, StepState>) {
            attempts_ += static_cast<int>(std::ranges::count(path, StepState::in_progress));
        }
        const bool uncounted =
            row[reason] == "given back unstarted" || row[reason] == "stopped with its host";
        attempts_ -= uncounted ? 1 : 0;
        if (std::stoi(row[attempt].value()) != attempts_) {
            complain(fmt::format("notes attempt {}, not {}", row[attempt].value(), attempts_));
        }
    }

    void complain(const std::string& what) { violations_.push_back(*key_ + " " + what); }

    std::optional<std::string> key_;
    std::string row_state_;
    std::string here_;
    int row_attempts_ = 0;
    int attempts_ = 0;
    int completions_ = 0;
    std::vector<std::string> violations_;
};

template <class State>
std::vector<std::string> broken_chains(SqlSession& sql, const char* chains) {
    ChainReader<State> reader;
    for (const auto& row : sql.rows(chains)) {
        reader.read(row);
    }
    reader.end();
    return std::move(reader).take();
}

}  // namespace

std::vector<std::string> event_violations(SqlSession& sql) {
    std::vector<std::string> violations;
    for (const auto& row : sql.rows(events_amiss)) {
        violations.push_back(row.front().value());
    }
    return violations;
}

std::vector<std::string> audit_violations(SqlSession& sql) {
    auto violations = broken_chains<TaskState>(sql, task_chains);
    for (auto& violation : broken_chains<StepState>(sql, step_chains)) {
        violations.push_back(std::move(violation));
    }
    for (const auto& row : sql.rows(unfinished_business)) {
        violations.push_back(row.front().value());
    }
    return violations;
}

}  // namespace tenon::testing
