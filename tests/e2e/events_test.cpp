// Domain events of a real plugin, on their queue and to whoever watches.

#include "events_fixture.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace tenon::testing {
namespace {

using nlohmann::json;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class DomainEvents : public EventHosts {
protected:
    /// Until the stream is open nothing is certain to arrive: each `order.done` tells one from the
    /// next by its task.
    void await_open(const Watcher& watcher) {
        ASSERT_TRUE(eventually([&] {
            complete();
            return !watcher.documents().empty();
        }));
    }
};

TEST_F(DomainEvents, OfAHandlerAreOnTheQueueOnceItsStepHasSettled) {
    const auto one = host();
    const auto task = complete(R"({"items": [7, 8]})");
    EXPECT_EQ(queued(), "item.shipped item.shipped order.done");
    const auto found = json::parse(sql().value(
        "SELECT json_agg(message ORDER BY message #> '{payload,custom}') "
        "FROM pgmq.q_events_domain_events WHERE message ->> 'event_name' = 'item.shipped'"
    ));
    const auto result = json({true, true, false});
    EXPECT_EQ(found[0]["payload"], json({{"result", result}, {"custom", 7}}));
    EXPECT_EQ(found[1]["payload"], json({{"result", result}, {"custom", 8}}));
    EXPECT_EQ(found[0]["metadata"]["task_uuid"], task);
    EXPECT_EQ(found[0]["metadata"]["fired_by"], "slow::TellingHandler");
    EXPECT_EQ(found[0]["metadata"]["template_version"], "1.2.3");
    EXPECT_THAT(
        one->log(),
        HasSubstr("event 'item.unheard_of' is not taken: its template does not declare it")
    );
    EXPECT_TRUE(eventually([&] { return one->logged("did not publish order.checked: /: is array"); }
    )) << one->log();
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.event_rejections"), "1");
}

TEST_F(DomainEvents, OfAFailureAreThoseOfItsCondition) {
    const auto one = host();
    complete(R"({"items": [7], "fail": true})");
    EXPECT_EQ(queued(), "order.done order.failed");
    EXPECT_EQ(
        sql().value("SELECT string_agg(DISTINCT message #>> '{payload,failure,message}', '|') "
                    "FROM pgmq.q_events_domain_events"),
        "it was told to fail"
    );
}

TEST_F(DomainEvents, ReachWhoeverWatchesInEveryMode) {
    const auto one = host();
    const Watcher all(*one);
    const Watcher some(*one, {"--pattern", "item.*", "--namespace", "events"});
    const Watcher none(*one, {"--namespace", "elsewhere"});
    ASSERT_NO_FATAL_FAILURE(await_open(all));
    const auto task = complete(R"({"items": [7]})");
    std::vector<std::string> names;
    ASSERT_TRUE(eventually([&] {
        names.clear();
        for (const auto& document : all.documents()) {
            if (document["metadata"]["task_uuid"] == task) {
                names.push_back(document["event_name"]);
            }
        }
        return names.size() >= 3;
    }));
    std::ranges::sort(names);
    EXPECT_THAT(names, ElementsAre("item.shipped", "order.done", "order.noticed"));
    EXPECT_TRUE(some.await(1));
    EXPECT_THAT(some.names(), Each("item.shipped"));
    EXPECT_THAT(none.documents(), IsEmpty());
}

TEST_F(DomainEvents, ReachTheWatchersOfOtherHostsOfEitherRole) {
    const auto first = host();
    const auto brain = host("orchestration");
    const auto hands = host("worker", {"--namespaces", "elsewhere"});
    const Watcher of_brain(*brain);
    const Watcher of_hands(*hands);
    ASSERT_NO_FATAL_FAILURE(await_open(of_brain));
    ASSERT_NO_FATAL_FAILURE(await_open(of_hands));
    const auto task = complete(R"({"items": [7]})");
    for (const auto* watcher : {&of_brain, &of_hands}) {
        const auto of_task = [&](const char* name) {
            const auto found = watcher->documents();
            return std::ranges::count_if(found, [&](const json& document) {
                return document["metadata"]["task_uuid"] == task && document["event_name"] == name;
            });
        };
        EXPECT_TRUE(eventually([&] {
            return of_task("item.shipped") == 1 && of_task("order.done") == 1;
        }));
        std::set<std::string> ids;
        for (const auto& document : watcher->documents()) {
            EXPECT_TRUE(ids.insert(document["event_id"]).second) << "each arrives once";
        }
    }
    EXPECT_EQ(queued().find("order.noticed"), std::string::npos);
}

TEST_F(DomainEvents, OfManyTasksReachAWatcherOnceEach) {
    const auto one = host();
    const Watcher watcher(*one, {"--pattern", "order.done"});
    ASSERT_NO_FATAL_FAILURE(await_open(watcher));
    const auto before = std::stoul(sql().value("SELECT count(*) FROM tenon.all_tasks"));
    constexpr std::size_t count = 500;
    sql().value(
        "SELECT cardinality(tenon.submit_batch('events', 'teller', "
        "array_fill('{}'::json, ARRAY[500])))"
    );
    std::set<std::string> ids;
    std::size_t arrived = 0;
    EXPECT_TRUE(eventually([&] {
        const auto documents = watcher.documents();
        arrived = documents.size();
        ids.clear();
        for (const auto& document : documents) {
            ids.insert(document["event_id"]);
        }
        return ids.size() >= count;
    }));
    EXPECT_EQ(arrived, ids.size());
    EXPECT_LE(ids.size(), before + count);
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM pgmq.q_events_domain_events "
                    "WHERE message ->> 'event_name' = 'order.done'"),
        sql().value("SELECT count(*) FROM tenon.all_tasks")
    );
}

TEST_F(DomainEvents, AreReadByAConsumerThatSpeaksNothingButPgmq) {
    const auto one = host();
    complete(R"({"items": [7, 8]})");
    std::ifstream file(TENON_SOURCE_DIR "/docs/examples/event_consumer.sql");
    const std::string script(std::istreambuf_iterator<char>(file), {});
    ASSERT_FALSE(script.empty());
    sql().exec(script);
    EXPECT_EQ(queued(), "") << "what was consumed is gone";
    EXPECT_EQ(sql().value("SELECT count(*) FROM shipments"), "2");
    EXPECT_EQ(sql().value("SELECT sum(item) FROM shipments"), "15");
}

}  // namespace
}  // namespace tenon::testing
