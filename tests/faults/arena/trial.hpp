#pragma once

#include "arena/arena.hpp"
#include "foundation/http/http_client.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tenon::testing {

/// What a patient user does while everything around him dies: submits one task of each kind, with
/// the same idempotency key until it is acknowledged; repairs those that fail for good, cancels
/// some; and sees to it that each comes to its only right end.
///
/// It runs on a thread of its own and survives every loss of its connection.
class Trial {
public:
    static constexpr int tasks = 13;  ///< That each trial submits.

    /// By which door tasks are submitted, repaired and cancelled.
    enum class Door { sql, http };

    /// How an operator puts a failed step right, by either door.
    struct Repair {
        const char* sql;
        const char* http;
    };

    /// `tag` becomes the reason of every task of it and part of every message.
    Trial(const Arena& arena, std::string tag, Door door);

    /// Returns one sentence for everything that did not come out as it must.
    std::vector<std::string> run();

private:
    using Clock = std::chrono::steady_clock;

    struct Ticket {
        std::string kind;
        std::string task;
        std::set<std::string> endings;
    };

    std::string submit(const std::string& ns, const std::string& name, const std::string& context);
    std::string submit_by_http(const std::string& body);
    void add(const std::string& kind, std::set<std::string> endings, const std::string& task);
    void submit_examples();
    void submit_failures();
    HttpReply send(const char* method, const std::string& target, const std::string& body);
    void repair(const std::string& kind, const Repair& repair);
    void repair_by_sql(const std::string& what, const char* call, bool again);
    void request_by_message();
    void hasten(const std::string& task);
    void redrive(const std::string& task);
    void cancel(const std::string& task);
    void await_step(const std::string& task, const std::string& state);
    void await_ends();

    /// Runs `action` until it goes through; `again` is true from the second time on.
    void insist(const std::string& what, const std::function<void(bool again)>& action);
    std::string ask(const std::string& statement, const std::vector<std::string>& parameters);
    SqlSession& session();
    const std::string& task_of(const std::string& kind) const;

    const Arena& arena_;
    const std::string tag_;
    const Door door_;
    const std::string gate_;
    const Clock::time_point deadline_;
    std::unique_ptr<SqlSession> session_;
    std::vector<Ticket> tickets_;
    std::vector<std::string> problems_;
};

}  // namespace tenon::testing
