// SIGKILL at every statement boundary of every function that hosts run: to the host that stands
// there, or to PostgreSQL with everything in it.

#include "arena/arena.hpp"
#include "arena/campaign.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <fmt/format.h>
#include <future>
#include <iostream>
#include <map>
#include <set>
#include <utility>

namespace tenon::testing {
namespace {

using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr int crowd = 6;              ///< Tasks that keep a host busy.
constexpr auto hold_limit = 2s;       ///< How long a point may take to be reached.
constexpr auto notice_limit = 250ms;  ///< A backend looks for its client every 100 ms.

/// One arena, and what happens in it at one point after the other. A parameter is the profile.
class KillPointTest : public ::testing::TestWithParam<std::string> {
protected:
    /// `door`: by which the trials' user comes in.
    void prepare(Trial::Door door, std::size_t most_trials = 12) {
        campaign_ = std::make_unique<Campaign>(arena_, door, most_trials);
        points_ = std::make_unique<KillPoints>(arena_.sql());
        arena_.start_all();
        take_census();
    }

    /// Kills the host of that kind that stands at each point which such hosts pass.
    void kill_hosts(Caller caller) {
        std::map<int, Caller> points;
        for (const int number : passed_[caller]) {
            points.emplace(number, caller);
        }
        run_rounds(points, [&](int number, int backend) {
            auto* const victim = arena_.host_of(backend);
            if (victim == nullptr) {
                KillPoints::release(arena_.sql());
                return false;
            }
            victim->process->kill_hard();
            // Every other time the backend ends its transaction before it misses its client.
            if (number % 2 == 0) {
                await_silence(victim->role);
            }
            KillPoints::release(arena_.sql());
            arena_.start(*victim);
            return true;
        });
    }

    /// Kills PostgreSQL while somebody stands at the point, at each point that anybody passes.
    void kill_server() {
        std::map<int, Caller> points;
        for (const auto caller : {Caller::hands, Caller::brain, Caller::client}) {
            for (const int number : passed_[caller]) {
                // Where nothing can have changed since the point before, neither has what a crash
                // leaves.
                if (points_->at(number).may_write || points_->at(number).ordinal == 1) {
                    points.emplace(number, caller);
                }
            }
        }
        run_rounds(points, [&](int /*number*/, int /*backend*/) {
            arena_.server().kill_hard();
            arena_.server().restart();
            arena_.reconnect();
            return true;
        });
    }

    void expect_everything_right(const std::string& title) {
        EXPECT_TRUE(eventually([&] { return arena_.revive(); }, 20s)) << arena_.logs();
        campaign_->expect_everything_right();
        std::cout << fmt::format(
            "{}, {}: killed at {} points of {}; {}\n",
            title,
            GetParam(),
            hit_,
            points_->all().size(),
            campaign_->summary()
        );
        for (const auto& point : skipped_) {
            std::cout << "not reached again: " << point << "\n";
        }
        EXPECT_LE(skipped_.size() * 10, hit_) << "too many points were not reached again";
        std::cout << std::flush;
    }

    /// Functions of which no point is passed.
    std::set<std::string> unvisited() const {
        std::set<std::string> names;
        for (const auto& point : points_->all()) {
            names.insert(point.function);
        }
        for (const auto& [caller, numbers] : passed_) {
            for (const int number : numbers) {
                names.erase(points_->at(number).function);
            }
        }
        return names;
    }

    /// Points that nobody passes in functions that somebody does.
    std::vector<std::string> unvisited_points() const {
        std::set<int> passed;
        for (const auto& [caller, numbers] : passed_) {
            passed.insert(numbers.begin(), numbers.end());
        }
        const auto functions = unvisited();
        std::vector<std::string> names;
        for (const auto& point : points_->all()) {
            if (!passed.contains(point.number) && !functions.contains(point.function)) {
                names.push_back(point.to_string());
            }
        }
        return names;
    }

private:
    void take_census() {
        points_->count(arena_.sql());
        for (const auto* function :
             {"claim_steps",
              "rescue_host",
              "rescue",
              "recover_claims",
              "retire_host",
              "register_host",
              "maintain",
              "archive_messages",
              "resume_stale",
              "challenge_rescuer"}) {
            campaign_->begin_trial("census");
            provoke(
                {.number = 0,
                 .function = function,
                 .ordinal = 0,
                 .line = 0,
                 .after = "",
                 .may_write = false},
                Caller::hands
            );
            campaign_->end_all_trials();
            revive();
        }
        passed_ = KillPoints::end_count(arena_.sql());
    }

    /// Every point once, and again those that nobody reached in time.
    void run_rounds(
        const std::map<int, Caller>& points,
        const std::function<bool(int number, int backend)>& kill
    ) {
        std::map<int, Caller> missed;
        for (const auto& [number, caller] : points) {
            if (!run_round(caller, number, kill)) {
                missed.emplace(number, caller);
            }
        }
        for (const auto& [number, caller] : missed) {
            if (!run_round(caller, number, kill)) {
                skipped_.push_back(points_->at(number).to_string());
            }
        }
    }

    /// False when nobody reached the point.
    bool run_round(
        Caller caller,
        int number,
        const std::function<bool(int number, int backend)>& kill
    ) {
        if (campaign_->hopeless()) {
            return true;
        }
        const auto& point = points_->at(number);
        SCOPED_TRACE(point.to_string());
        campaign_->make_room();
        KillPoints::arm(arena_.sql(), caller, number);
        campaign_->begin_trial(point.to_string());
        provoke(point, caller);
        std::vector<int> held;
        eventually(
            [&] {
                held = KillPoints::held(arena_.sql());
                return !held.empty();
            },
            hold_limit
        );
        if (held.empty()) {
            KillPoints::release(arena_.sql());
        }
        const bool killed = !held.empty() && kill(number, held.front());
        hit_ += killed ? 1 : 0;
        revive();
        return killed;
    }

    /// Lets happen what leads to a function that ordinary work does not call.
    void provoke(const KillPoint& point, Caller caller) {
        auto& second = arena_.hands(2);
        const auto& name = point.function;
        if (name == "discard_stale_messages" || name == "claim_steps") {
            leave_stale_message();
        } else if (name == "rescue") {
            give_duty_to(caller);
            freeze(second);
        } else if (name == "rescue_host" || is_rare(point, caller)) {
            occupy(second);
            give_duty_to(caller);
            second.process->kill_hard();
            arena_.replace(caller == Caller::brain ? arena_.hands(1) : arena_.brain());
        } else if (name == "challenge_rescuer") {
            // Whoever of the other two beats first takes the duty from it.
            give_duty_to(Caller::hands);
            freeze(arena_.hands(1));
        } else if (name == "recover_claims") {
            arena_.sql().rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'tenon pump' AND usename LIKE 'hands%'"
            );
        } else if (name == "retire_host") {
            occupy(second);
            second.process->send(SIGTERM);
        } else if (is_giving_back(point)) {
            offer_foreign_step(second);
        } else if (name == "register_host" || name == "join_host" || name == "hold_host_lock") {
            arena_.replace(caller == Caller::brain ? arena_.brain() : second);
        } else if (name == "maintain" || name == "register_template" || name == "make_period") {
            arena_.replace(arena_.brain());
        } else if (name == "archive_messages") {
            arena_.sql().exec("SELECT pgmq.send('orchestration_step_results', '{\"odd\": 1}')");
        } else if (name == "resume_stale" || name.starts_with("resend_")) {
            call_as_client("SELECT count(*) FROM tenon.resume_stale(0)");
        }
    }

    /// On a thread of its own: it may be held.
    void call_as_client(const std::string& statement) {
        calls_.push_back(std::async(std::launch::async, [this, statement] {
            try {
                arena_.new_session().exec(statement);
            } catch (const StatementRefused&) {
                // The server was killed, as it should be.
            }
        }));
    }

    /// Until it is ready, or is held on the way.
    void await_start(Fighter& fighter) {
        eventually(
            [&] {
                return fighter.process->logged(" ready\n") || !fighter.process->running() ||
                       !KillPoints::held(arena_.sql()).empty();
            },
            hold_limit
        );
    }

    /// Returns when handlers run on that host, some of which would not be tried again.
    void occupy(Fighter& fighter) {
        await_start(fighter);
        for (const auto* name : {"single", "fragile"}) {
            arena_.workflows().submit(arena_.sql(), name, crowd, 800ms);
            campaign_->add_tasks(crowd);
        }
        eventually(
            [&] {
                return arena_.sql().value(
                           "SELECT count(*) FROM tenon.workflow_steps AS s "
                           "JOIN tenon.hosts AS h USING (host_id) "
                           "WHERE h.name = $1 AND h.state = 'live' AND s.state = 'in_progress'",
                           {fighter.role}
                       ) != "0";
            },
            hold_limit
        );
    }

    /// Stops it, and lets its lease run out at once.
    void freeze(Fighter& fighter) {
        await_start(fighter);
        fighter.process->freeze();
        arena_.sql().rows(
            "UPDATE tenon.hosts SET lease_until = clock_timestamp() - interval '1 s' "
            "WHERE host_id = (SELECT max(host_id) FROM tenon.hosts WHERE name = $1)",
            {fighter.role}
        );
    }

    /// What workers of the queued profile do only to the steps of a host that was lost.
    static bool is_rare(const KillPoint& point, Caller caller) {
        static const std::set<std::string> functions{
            "fail_steps", "send_steps", "block_tasks", "publish_events"
        };
        return GetParam() == "queued" && caller == Caller::hands &&
               functions.contains(point.function);
    }

    /// What in the queued profile only a worker does that has steps which it will not run.
    static bool is_giving_back(const KillPoint& point) {
        return GetParam() == "queued" &&
               (point.function == "settle_others" ||
                (point.function == "submit_results" && point.ordinal > 8));
    }

    std::string duty_holder() {
        return arena_.sql().value(
            "SELECT coalesce((SELECT a.usename FROM pg_locks AS l JOIN pg_stat_activity AS a "
            "USING (pid) WHERE l.relation = 'tenon.rescue_duty'::regclass "
            "AND l.mode = 'ExclusiveLock' AND l.granted), 'nobody')"
        );
    }

    /// Only the host that has the duty of rescue does any. The duty goes to whoever has waited for
    /// it longest; so the others die until it is with this one, or somebody is held.
    void give_duty_to(Caller caller) {
        const std::string wanted = caller == Caller::brain ? "brain" : "hands_1";
        const auto right = [&] {
            return duty_holder() == wanted || !KillPoints::held(arena_.sql()).empty();
        };
        for (int i = 0; i < 3 && !right(); ++i) {
            const auto holder = duty_holder();
            for (std::size_t number = 0; number < 3; ++number) {
                if (arena_.hands(number).role == holder) {
                    arena_.replace(arena_.hands(number));
                }
            }
            eventually([&] { return duty_holder() != holder || right(); }, 1s);
        }
    }

    /// A task that is cancelled before anybody sees it leaves its message on the queue.
    void leave_stale_message() {
        campaign_->add_tasks(1);
        arena_.sql().rows(
            "SELECT * FROM tenon.cancel_tasks(ARRAY[tenon.submit('slow', 'single', $1)], 'test', "
            "'nobody wants it')",
            {arena_.workflows().context(0ms)}
        );
    }

    /// A new worker takes a step that it cannot run, once, and gives it back.
    void offer_foreign_step(Fighter& fighter) {
        campaign_->add_tasks(1);
        foreign_tasks_.push_back(arena_.sql().value(
            "SELECT tenon.submit('slow', 'foreign', $1)", {arena_.workflows().context(0ms)}
        ));
        arena_.replace(fighter);
    }

    /// Nobody would ever run them.
    void cancel_foreign_tasks() {
        for (const auto& task : std::exchange(foreign_tasks_, {})) {
            arena_.sql().rows(
                "SELECT * FROM tenon.cancel_tasks(ARRAY[$1::uuid], 'test', 'nobody can run it')",
                {task}
            );
        }
    }

    /// Hosts come back that a provocation ended, or that began while the server was away.
    void revive() {
        for (std::size_t number = 0; number < 3; ++number) {
            arena_.hands(number).process->wake();
        }
        arena_.revive();
        calls_.clear();
        cancel_foreign_tasks();
    }

    void await_silence(const std::string& role) {
        eventually(
            [&] {
                return arena_.sql().value(
                           "SELECT count(*) FROM pg_stat_activity WHERE usename = $1", {role}
                       ) == "0";
            },
            notice_limit
        );
    }

    Arena arena_{GetParam()};
    std::unique_ptr<Campaign> campaign_;
    std::unique_ptr<KillPoints> points_;
    std::map<Caller, std::set<int>> passed_;
    std::vector<std::future<void>> calls_;
    std::vector<std::string> foreign_tasks_;
    std::vector<std::string> skipped_;
    std::size_t hit_ = 0;
};

TEST_P(KillPointTest, OfAWorkerLosesNothing) {
    prepare(Trial::Door::sql);
    kill_hosts(Caller::hands);
    expect_everything_right("worker");
}

TEST_P(KillPointTest, OfTheOrchestrationLosesNothing) {
    prepare(Trial::Door::http);
    kill_hosts(Caller::brain);
    expect_everything_right("orchestration");
}

TEST_P(KillPointTest, OfPostgresLosesNothing) {
    // Few: everybody stands still while the server is away.
    prepare(Trial::Door::sql, 5);
    kill_server();
    for (const auto& name : unvisited()) {
        std::cout << "function never reached: " << name << "\n";
    }
    for (const auto& name : unvisited_points()) {
        std::cout << "point never reached: " << name << "\n";
    }
    expect_everything_right("PostgreSQL");
}

INSTANTIATE_TEST_SUITE_P(
    Profiles,
    KillPointTest,
    ::testing::Values("direct", "queued"),
    [](const auto& profile) { return profile.param; }
);

}  // namespace
}  // namespace tenon::testing
