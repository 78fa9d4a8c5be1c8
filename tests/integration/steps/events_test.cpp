// Domain events: published if and only if their step settles.

#include "events_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace tenon {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using testing::event;
using testing::failed;
using testing::given_back;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::one_of_each_condition;
using testing::ordinary_failure;
using testing::publisher;
using testing::succeeded;
using testing::TestHost;
using testing::with_events;

class EventPublishing : public testing::EventsTest {};

TEST_F(EventPublishing, ADocumentSaysWhatHappenedAndWhere) {
    enroll(publisher({event("payment.charged")}));
    TestHost host(conninfo());
    const auto step = claim_one(host);
    const auto reply = host.settle({succeeded(step, R"({"amount": 7})")});
    EXPECT_THAT(reply.events, IsEmpty()) << "nobody in a process wants a durable event";

    const auto found = documents();
    ASSERT_EQ(found.size(), 1U);
    const auto& document = found[0];
    EXPECT_EQ(document["event_name"], "payment.charged");
    EXPECT_EQ(document["event_version"], "1.0");
    EXPECT_EQ(document["payload"], json::parse(R"({"result": {"amount": 7}})"));
    auto metadata = document["metadata"];
    EXPECT_EQ(
        metadata["fired_at"].get<std::string>().substr(0, 19),
        of_step(step.task, 1, "to_char(s.settled_at, 'YYYY-MM-DD\"T\"HH24:MI:SS')")
    );
    metadata.erase("fired_at");
    EXPECT_EQ(
        metadata,
        json({
            {"task_uuid", step.task.to_string()},
            {"step_uuid", step_id(step.task, 1).to_string()},
            {"step_name", "charge"},
            {"namespace", "steps"},
            {"template_name", "publisher"},
            {"template_version", "1.0.0"},
            {"attempt", 1},
            {"correlation_id", step.task.to_string()},
            {"fired_by", "test::charge"},
        })
    );
    EXPECT_EQ(document["event_id"].get<std::string>().at(14), '8') << document["event_id"];
    EXPECT_EQ(document.size(), 5U);
}

TEST_F(EventPublishing, ConditionsFollowTheOutcomeOfTheAttempt) {
    enroll(publisher(one_of_each_condition()));
    TestHost host(conninfo());
    auto step = claim_one(host);
    host.settle({failed(step, ordinary_failure())});
    EXPECT_THAT(names(), ElementsAre("on.anything", "on.failure", "on.retryable"));
    EXPECT_EQ(documents()[0]["payload"]["failure"]["error_code"], "TEAPOT");
    EXPECT_FALSE(documents()[0]["payload"].contains("result"));

    sql().exec("DELETE FROM pgmq.q_steps_domain_events");
    release_all();
    step = host.claim(1).at(0);
    EXPECT_EQ(step.attempt, 2);
    host.settle({failed(step, ordinary_failure())});
    EXPECT_THAT(names(), ElementsAre("on.anything", "on.failure", "on.permanent"));
    EXPECT_EQ(documents()[0]["metadata"]["attempt"], 2);

    sql().exec("DELETE FROM pgmq.q_steps_domain_events");
    host.settle({succeeded(claim_one(host))});
    EXPECT_THAT(names(), ElementsAre("on.anything", "on.success"));
}

TEST_F(EventPublishing, WhatIsGivenBackOrYieldedOrRefusedSaysNothing) {
    enroll(publisher(one_of_each_condition()));
    TestHost host(conninfo());
    auto step = claim_one(host);
    host.settle({given_back(step)});
    step = host.claim(1).at(0);
    auto yielded = succeeded(step);
    yielded.outcome = Yielded{};
    host.settle({yielded});
    step = host.claim(1).at(0);
    auto late = succeeded(step);
    late.attempt = step.attempt + 1;
    EXPECT_EQ(host.settle({late}).refused_results.size(), 1U);
    EXPECT_THAT(documents(), IsEmpty());
}

TEST_F(EventPublishing, ABatchThatIsSentAgainAfterALostReplyPublishesOnce) {
    enroll(publisher({event("payment.charged")}));
    TestHost host(conninfo());
    submit_many("publisher", 20);
    std::vector<SettledStep> batch;
    for (const auto& claim : host.claim(20)) {
        batch.push_back(succeeded(claim));
    }
    host.settle(batch);
    EXPECT_EQ(host.settle(batch).refused_results.size(), 20U);
    EXPECT_EQ(documents().size(), 20U);
}

TEST_F(EventPublishing, AMixedBatchPublishesForEachOfItsSteps) {
    enroll(publisher(one_of_each_condition()));
    enroll(testing::chain(2));
    TestHost host(conninfo());
    submit_many("publisher", 3);
    submit_many("chain", 3);
    auto claims = host.claim(6);
    ASSERT_EQ(claims.size(), 6U);
    std::vector<SettledStep> batch;
    std::size_t publishers = 0;
    const auto chain_id = TemplateId{2};
    for (const auto& claim : claims) {
        if (claim.template_id == chain_id) {
            batch.push_back(succeeded(claim));
            continue;
        }
        switch (publishers++) {
            case 0: batch.push_back(succeeded(claim)); break;
            case 1: batch.push_back(failed(claim, ordinary_failure())); break;
            default: batch.push_back(given_back(claim));
        }
    }
    host.settle(batch);
    EXPECT_THAT(
        names(),
        ElementsAre("on.anything", "on.anything", "on.failure", "on.retryable", "on.success")
    );
}

TEST_F(EventPublishing, AStepThatIsResetHasEventsOfItsOwn) {
    enroll(publisher({event("on.end", EventCondition::permanent_failure)}));
    TestHost host(conninfo());
    auto step = claim_one(host);
    auto final = ordinary_failure();
    final.retryable = false;
    host.settle({failed(step, final)});
    const auto uuid = step_id(step.task, 1).to_string();
    sql().value("SELECT tenon.reset_step($1, 'ops', 'again')", {uuid});
    host.settle({failed(host.claim(1).at(0), final)});
    const auto found = documents();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_NE(found[0]["event_id"], found[1]["event_id"]);
    EXPECT_EQ(found[0]["metadata"]["attempt"], found[1]["metadata"]["attempt"]);
}

TEST_F(EventPublishing, FastAndBroadcastEventsComeBackWithTheReply) {
    using enum DeliveryMode;
    const auto always = EventCondition::success;
    enroll(publisher({event("a.fast", always, fast), event("a.broadcast", always, broadcast)}));
    TestHost host(conninfo());
    const auto reply = host.settle({succeeded(claim_one(host), "7")});
    ASSERT_EQ(reply.events.size(), 2U);
    const auto& first = reply.events[0];
    EXPECT_EQ(first.mode, fast);
    EXPECT_EQ(first.message, 0);
    EXPECT_EQ(first.namespace_name, "steps");
    EXPECT_EQ(first.name, "a.fast");
    EXPECT_EQ(json::parse(first.document_json)["payload"]["result"], 7);
    const auto& second = reply.events[1];
    EXPECT_EQ(second.mode, broadcast);
    EXPECT_EQ(
        std::to_string(second.message), sql().value("SELECT msg_id FROM pgmq.q_steps_domain_events")
    );
    ASSERT_THAT(names(), ElementsAre("a.broadcast"));
    EXPECT_EQ(json::parse(second.document_json), documents()[0]);
}

TEST_F(EventPublishing, AHandlersOwnWordsGoIntoTheEventOfTheirName) {
    enroll(publisher({event("item.shipped"), event("order.done")}));
    TestHost host(conninfo());
    const auto step = with_events(
        succeeded(claim_one(host), "1"),
        R"([{"name":"item.shipped","payload":{"n":1}},{"name":"item.shipped","payload":{"n":2}}])"
    );
    host.settle({step});
    const auto found = documents();
    EXPECT_THAT(names(), ElementsAre("item.shipped", "item.shipped", "order.done"));
    std::set<json> said;
    std::set<json> ids;
    for (const auto& document : found) {
        said.insert(document["payload"]);
        ids.insert(document["event_id"]);
    }
    EXPECT_EQ(
        said,
        (std::set<json>{
            json::parse(R"({"result":1})"),
            json::parse(R"({"result":1,"custom":{"n":1}})"),
            json::parse(R"({"result":1,"custom":{"n":2}})")
        })
    );
    EXPECT_EQ(ids.size(), 3U);
}

TEST_F(EventPublishing, TemplatesWithoutDurableEventsHaveNoQueue) {
    enroll(publisher({event("a", EventCondition::success, DeliveryMode::fast)}));
    enroll(testing::chain(2));
    EXPECT_EQ(
        sql().value("SELECT count(*) FROM pgmq.meta WHERE queue_name LIKE '%domain_events'"), "0"
    );
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.template_steps WHERE publishes"), "1");
    TestHost host(conninfo());
    EXPECT_EQ(host.settle({succeeded(claim_one(host))}).events.size(), 1U);
    EXPECT_THAT(rejections(), IsEmpty());
}

TEST_F(EventPublishing, EventsThatWereNotTakenCanBeReadAgain) {
    enroll(publisher({event("a.b")}));
    TestHost host(conninfo());
    EXPECT_EQ(sql().value("SELECT namespace || newest FROM tenon.event_queues()"), "steps0");
    submit_many("publisher", 5);
    host.work_off();
    EXPECT_EQ(sql().value("SELECT namespace || newest FROM tenon.event_queues()"), "steps5");
    EXPECT_EQ(
        sql().value("SELECT string_agg(msg_id || name, ',') "
                    "FROM tenon.peek_events('steps', 3, '{1}', 10)"),
        "1a.b,4a.b,5a.b"
    );
    EXPECT_EQ(sql().value("SELECT count(*) FROM tenon.peek_events('steps', 0, '{}', 2)"), "2");
}

}  // namespace
}  // namespace tenon
