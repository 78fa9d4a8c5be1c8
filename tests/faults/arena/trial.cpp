#include "arena/trial.hpp"

#include "foundation/error.hpp"
#include "foundation/http/http_client.hpp"
#include "support/workflows.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace tenon::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto limit = 40s;
constexpr auto look_interval = 15ms;
constexpr auto pause_after_loss = 5ms;
constexpr unsigned conflict = 409;

constexpr Trial::Repair completion{
    "tenon.complete_step($1, '7', 'trial', $2)",
    R"({"action_type":"complete_manually","completed_by":"trial","completion_data":{"result":7}})"
};
constexpr Trial::Repair resolution{
    "tenon.resolve_step($1, 'trial', $2)",
    R"({"action_type":"resolve_manually","resolved_by":"trial"})"
};
constexpr Trial::Repair reset{
    "tenon.reset_step($1, 'trial', $2)",
    R"({"action_type":"reset_for_retry","reset_by":"trial"})"
};

/// Of those that a killed server or host causes. A deadlock is none of them.
bool is_loss(const StatementRefused& error) {
    return error.sqlstate().starts_with("08") || error.sqlstate().starts_with("57P");
}

bool is_loss(const Exception& error) {
    return error.code() == ErrorCode::unavailable || error.code() == ErrorCode::deadline_exceeded;
}

/// What the operator wanted has happened already: the reply to an earlier call was lost.
bool is_late_conflict(const StatementRefused& error, bool again) {
    return again && error.sqlstate() == "TN409";
}

}  // namespace

Trial::Trial(const Arena& arena, std::string tag, Door door)
    : arena_(arena),
      tag_(std::move(tag)),
      door_(door),
      gate_(
          arena.workflows().templates() + "/gate-" + std::to_string(std::hash<std::string>{}(tag_))
      ),
      deadline_(Clock::now() + limit) {}

std::vector<std::string> Trial::run() {
    try {
        submit_examples();
        submit_failures();
        request_by_message();
        cancel(task_of("cancelled while it runs"));
        await_step(task_of("cancelled while it waits"), "waiting_for_retry");
        cancel(task_of("cancelled while it waits"));
        for (const auto* kind : {"completed by hand", "resolved by hand", "reset", "redriven"}) {
            await_step(task_of(kind), "error");
        }
        repair("completed by hand", completion);
        repair("resolved by hand", resolution);
        std::ofstream(gate_) << "open";
        repair("reset", reset);
        redrive(task_of("redriven"));
        hasten(task_of("limited"));
        await_ends();
    } catch (const std::exception& error) {
        problems_.push_back(fmt::format("{}: {}", tag_, error.what()));
    }
    return problems_;
}

void Trial::submit_examples() {
    for (const auto& workflow : example_workflows()) {
        add(workflow.name,
            {"complete"},
            submit(workflow.namespace_name, workflow.name, example_input));
    }
}

void Trial::submit_failures() {
    const auto& slow = arena_.workflows();
    const auto context = slow.context(20ms, gate_);
    add("flaky", {"complete"}, submit("slow", "flaky", context));
    // Its only attempt may be the one that is killed.
    add("fragile", {"complete", "blocked_by_failures"}, submit("slow", "fragile", context));
    add("cancelled while it runs", {"cancelled"}, submit("slow", "patient", slow.context(10s)));
    add("limited", {"error"}, submit("slow", "limited", context));
    add("cancelled while it waits", {"cancelled"}, submit("slow", "waiting", context));
    for (const auto* kind : {"reset", "resolved by hand", "completed by hand", "redriven"}) {
        add(kind, {"complete"}, submit("slow", "gated", context));
    }
}

void Trial::add(const std::string& kind, std::set<std::string> endings, const std::string& task) {
    tickets_.push_back({kind, task, std::move(endings)});
}

const std::string& Trial::task_of(const std::string& kind) const {
    return std::ranges::find(tickets_, kind, &Ticket::kind)->task;
}

std::string Trial::submit(
    const std::string& ns,
    const std::string& name,
    const std::string& context
) {
    const auto key = fmt::format("{} {}", tag_, tickets_.size());
    std::string task;
    insist("submission of " + name, [&](bool) {
        if (door_ == Door::http) {
            const nlohmann::json body{
                {"namespace", ns},
                {"name", name},
                {"context", nlohmann::json::parse(context)},
                {"reason", tag_},
                {"idempotency_key", key},
            };
            task = submit_by_http(body.dump());
        } else {
            task =
                ask("SELECT tenon.submit($1, $2, $3, reason => $4, idempotency_key => $5)",
                    {ns, name, context, tag_, key});
        }
    });
    return task;
}

std::string Trial::submit_by_http(const std::string& body) {
    const auto reply = send("POST", "/v1/tasks", body);
    if (reply.status != 201 && reply.status != 200) {
        throw std::runtime_error("POST /v1/tasks answers " + reply.body);
    }
    return nlohmann::json::parse(reply.body).at("task_uuid").get<std::string>();
}

/// An answer of any status below 500.
HttpReply Trial::send(const char* method, const std::string& target, const std::string& body) {
    const auto url = arena_.url();
    if (url.empty()) {
        throw Exception({ErrorCode::unavailable, "the orchestration host starts"});
    }
    HttpClient client({.url = url, .connect_timeout = 1s, .timeout = 5s});
    auto reply = client.send(method, target, body);
    if (reply.status >= 500) {
        throw Exception({ErrorCode::unavailable, reply.body});
    }
    return reply;
}

void Trial::cancel(const std::string& task) {
    insist("cancellation", [&](bool) {
        const auto outcome =
            door_ == Door::http
                ? nlohmann::json::parse(send("DELETE", "/v1/tasks/" + task, "{}").body)
                      .value("status", "refused")
                : ask("SELECT outcome FROM tenon.cancel_tasks(ARRAY[$1::uuid], 'trial', $2)",
                      {task, tag_});
        if (outcome != "cancelled") {
            problems_.push_back(fmt::format("{}: cancelling {} gave {}", tag_, task, outcome));
        }
    });
}

/// Asks as somebody who only speaks PGMQ. A message that is sent twice makes one task.
void Trial::request_by_message() {
    const nlohmann::json request{
        {"namespace", "noop"},
        {"name", "chain"},
        {"reason", tag_ + " by message"},
        {"idempotency_key", tag_ + " by message"},
    };
    insist("request by message", [&](bool) {
        ask("SELECT pgmq.send('orchestration_task_requests', $1::jsonb)", {request.dump()});
    });
    std::string task;
    while (task.empty()) {
        insist("look for the requested task", [&](bool) {
            task = ask(
                "SELECT coalesce((SELECT task_uuid::text FROM tenon.tasks WHERE reason = $1), '')",
                {tag_ + " by message"}
            );
        });
        if (task.empty() && Clock::now() > deadline_) {
            throw std::runtime_error("the task that was requested by message is not made");
        }
        std::this_thread::sleep_for(task.empty() ? look_interval : 0ms);
    }
    add("requested by message", {"complete"}, task);
}

/// Makes it two minutes older.
void Trial::hasten(const std::string& task) {
    insist("hastening", [&](bool) {
        ask("WITH aged AS (UPDATE tenon.tasks SET created_at = created_at - interval '2 min' "
            "WHERE task_uuid = $1 RETURNING task_uuid), "
            "due AS (UPDATE tenon.due SET due_at = clock_timestamp() "
            "WHERE task_uuid = $1 AND step_no = 0 RETURNING task_uuid) "
            "SELECT (SELECT count(*) FROM aged) + (SELECT count(*) FROM due)",
            {task});
    });
}

void Trial::redrive(const std::string& task) {
    insist("redrive", [&](bool again) {
        if (door_ == Door::sql) {
            repair_by_sql(task, "tenon.redrive_task($1, 'trial', $2)", again);
            return;
        }
        const auto reply = send("POST", "/v1/dlq/task/" + task + "/redrive", "{}");
        if (reply.status != 200 && !(again && reply.status == conflict)) {
            throw std::runtime_error(fmt::format("redrive answers {}", reply.body));
        }
    });
}

void Trial::repair(const std::string& kind, const Repair& repair) {
    const auto& task = task_of(kind);
    insist(kind, [&](bool again) {
        const auto step = ask("SELECT tenon.step_uuid($1, 1)", {task});
        if (door_ == Door::sql) {
            repair_by_sql(step, repair.sql, again);
            return;
        }
        const auto reply =
            send("PATCH", fmt::format("/v1/tasks/{}/workflow_steps/{}", task, step), repair.http);
        if (reply.status != 200 && !(again && reply.status == conflict)) {
            throw std::runtime_error(fmt::format("PATCH answers {}", reply.body));
        }
    });
}

void Trial::repair_by_sql(const std::string& what, const char* call, bool again) {
    try {
        ask(fmt::format("SELECT {}", call), {what, tag_});
    } catch (const StatementRefused& error) {
        if (!is_late_conflict(error, again)) {
            throw;
        }
    }
}

void Trial::await_step(const std::string& task, const std::string& state) {
    bool there = false;
    while (!there) {
        insist("look at " + task, [&](bool) {
            there = ask("SELECT state FROM tenon.workflow_steps WHERE task_uuid = $1 "
                        "AND step_no = 1",
                        {task}) == state;
        });
        if (!there && Clock::now() > deadline_) {
            throw std::runtime_error(fmt::format("step 1 of {} does not become {}", task, state));
        }
        std::this_thread::sleep_for(there ? 0ms : look_interval);
    }
}

void Trial::await_ends() {
    auto open = tickets_;
    std::string state;
    while (!open.empty()) {
        const auto& ticket = open.back();
        insist("look at " + ticket.task, [&](bool) {
            state =
                ask("SELECT coalesce((SELECT state::text FROM tenon.tasks "
                    "WHERE task_uuid = $1), 'lost')",
                    {ticket.task});
        });
        const bool ended = ticket.endings.contains(state);
        if (!ended && Clock::now() > deadline_) {
            problems_.push_back(fmt::format(
                "{}: the task {} ({}) is {} in the end", tag_, ticket.task, ticket.kind, state
            ));
        }
        if (ended || Clock::now() > deadline_) {
            open.pop_back();
        } else {
            std::this_thread::sleep_for(look_interval);
        }
    }
}

void Trial::insist(const std::string& what, const std::function<void(bool again)>& action) {
    for (bool again = false;; again = true) {
        try {
            return action(again);
        } catch (const StatementRefused& error) {
            if (!is_loss(error) || Clock::now() > deadline_) {
                throw std::runtime_error(what + ": " + error.what());
            }
        } catch (const Exception& error) {
            if (!is_loss(error) || Clock::now() > deadline_) {
                throw std::runtime_error(what + ": " + error.what());
            }
        }
        session_.reset();
        std::this_thread::sleep_for(pause_after_loss);
    }
}

std::string Trial::ask(const std::string& statement, const std::vector<std::string>& parameters) {
    return session().value(statement, parameters);
}

SqlSession& Trial::session() {
    if (!session_) {
        session_ = std::make_unique<SqlSession>(arena_.new_session());
    }
    return *session_;
}

}  // namespace tenon::testing
