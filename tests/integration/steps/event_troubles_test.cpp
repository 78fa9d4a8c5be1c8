// Domain events on every other way a step settles, and whatever is wrong with them.

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

class EventTroubles : public testing::EventsTest {};

TEST_F(EventTroubles, WhatDoesNotFitItsSchemaIsPutDownAndFailsNothing) {
    auto strict = event("payment.charged");
    strict.schema_json = R"({"type":"object","required":["amount"]})";
    enroll(publisher({strict, event("order.done")}));
    TestHost host(conninfo());
    const auto bad = claim_one(host);
    auto reply = host.settle({succeeded(bad, R"({"sum":7})")});
    EXPECT_THAT(reply.finished, ::testing::SizeIs(1));
    EXPECT_THAT(names(), ElementsAre("order.done"));
    EXPECT_THAT(
        rejections(), ElementsAre("payment.charged|1|/amount: is missing, expected a value")
    );
    EXPECT_THAT(
        reply.rejected_events,
        ElementsAre(
            "step " + step_id(bad.task, 1).to_string() +
            " did not publish payment.charged: /amount: is missing, expected a value"
        )
    );

    // The handler's own words are checked in place of the result.
    const auto said = R"([{"name":"payment.charged","payload":{"amount":7}}])";
    host.settle({with_events(succeeded(claim_one(host), "0"), said)});
    EXPECT_THAT(names(), ElementsAre("order.done", "order.done", "payment.charged"));
}

TEST_F(EventTroubles, AResultThatAQueueCannotHoldCostsTheEventAlone) {
    enroll(publisher({event("payment.charged")}));
    TestHost host(conninfo());
    const auto step = claim_one(host);
    host.settle({succeeded(step, R"({"big":1e999999})")});
    EXPECT_EQ(task_state(step.task), "complete");
    EXPECT_THAT(documents(), IsEmpty());
    EXPECT_THAT(rejections(), ElementsAre(HasSubstr("out of range")));
}

TEST_F(EventTroubles, ASchemaThatBreaksTheValidatorCostsTheEventAlone) {
    enroll(publisher({event("payment.charged")}));
    sql().exec("UPDATE tenon.template_events SET schema = '{\"pattern\":\"(\"}'");
    TestHost host(conninfo());
    const auto step = claim_one(host);
    host.settle({succeeded(step, R"("text")")});
    EXPECT_EQ(task_state(step.task), "complete");
    EXPECT_THAT(rejections(), ElementsAre(HasSubstr("its schema cannot be applied")));
}

TEST_F(EventTroubles, AQueueThatSomebodyDroppedFailsNothing) {
    enroll(publisher({event("payment.charged")}));
    TestHost host(conninfo());
    host.settle({succeeded(claim_one(host))});
    sql().exec("SELECT pgmq.drop_queue('steps_domain_events')");
    const auto step = claim_one(host);
    host.settle({succeeded(step)});
    EXPECT_EQ(task_state(step.task), "complete");
    EXPECT_THAT(rejections(), ElementsAre(HasSubstr("SELECT pgmq.create('steps_domain_events')")));
    sql().exec("SELECT pgmq.create('steps_domain_events')");
    host.settle({succeeded(claim_one(host))});
    EXPECT_THAT(names(), ElementsAre("payment.charged"));
}

TEST_F(EventTroubles, WordsOfNoDeclaredNameArePutDown) {
    enroll(publisher({event("payment.charged")}));
    TestHost host(conninfo());
    host.settle({with_events(succeeded(claim_one(host)), R"([{"name":"other","payload":1},5])")});
    EXPECT_THAT(names(), ElementsAre("payment.charged"));
    EXPECT_THAT(
        rejections(),
        ElementsAre(
            "null|1|publishes_events of step charge does not declare it",
            "other|1|publishes_events of step charge does not declare it"
        )
    );
}

TEST_F(EventTroubles, OperatorsPublishForTheStepsTheySettle) {
    enroll(publisher(one_of_each_condition()));
    const auto completed = submit("publisher");
    const auto resolved = submit("publisher");
    sql().value(
        "SELECT tenon.complete_step($1, '{\"amount\":1}', 'ann', 'by hand')",
        {step_id(completed, 1).to_string()}
    );
    sql().value(
        "SELECT tenon.resolve_step($1, NULL, 'by hand')", {step_id(resolved, 1).to_string()}
    );
    const auto found = documents();
    EXPECT_THAT(names(), ElementsAre("on.anything", "on.anything", "on.success", "on.success"));
    EXPECT_EQ(found[0]["payload"]["result"], json::parse(R"({"amount":1})"));
    EXPECT_EQ(found[0]["metadata"]["fired_by"], "ann");
    EXPECT_EQ(found[2]["payload"]["result"], nullptr);
    EXPECT_EQ(found[2]["metadata"]["fired_by"], "operator");
}

TEST_F(EventTroubles, CancelledStepsSayNothing) {
    enroll(publisher(one_of_each_condition()));
    TestHost host(conninfo());
    const auto running = claim_one(host);
    const auto waiting = submit("publisher");
    for (const auto task : {running.task, waiting}) {
        sql().value(
            "SELECT outcome FROM tenon.cancel_tasks(ARRAY[$1::uuid], 'ann', NULL)",
            {task.to_string()}
        );
    }
    host.settle({failed(running, ordinary_failure())});
    EXPECT_EQ(step_states(running.task), "cancelled");
    EXPECT_THAT(documents(), IsEmpty());
}

TEST_F(EventTroubles, TheLastAttemptOfALostHostFailsForGood) {
    auto source = publisher(one_of_each_condition());
    source.steps[0].retry.max_attempts = 1;
    enroll(source);
    TestHost rescuer(conninfo());
    TestHost victim(conninfo());
    claim_one(victim);
    victim.die();
    await_death(victim);
    sql().exec("SELECT tenon.rescue_host(" + victim.number() + ", " + rescuer.number() + ")");
    EXPECT_THAT(names(), ElementsAre("on.anything", "on.failure", "on.permanent"));
    EXPECT_EQ(documents()[0]["payload"]["failure"]["error_code"], "HOST_LOST");
}

TEST_F(EventTroubles, TheQueuedProfilePublishesWhenTheResultIsProcessed) {
    auto events = one_of_each_condition();
    events.push_back(event("a.fast", EventCondition::success, DeliveryMode::fast));
    enroll(publisher(events));
    TestHost brain(conninfo());
    TestHost host(conninfo(), DispatchProfile::queued);
    const auto good = claim_one(host);
    host.settle({with_events(succeeded(good, "1"), R"([{"name":"on.success","payload":"well"}])")});
    EXPECT_THAT(documents(), IsEmpty()) << "the result is stored, the step not settled";
    const auto rows = process(brain);
    EXPECT_THAT(rows, HasSubstr("v fast 0 steps a.fast {"));
    EXPECT_THAT(names(), ElementsAre("on.anything", "on.success"));
    for (const auto& document : documents()) {
        const bool own = document["event_name"] == "on.success";
        EXPECT_EQ(document["payload"].value("custom", json()), own ? json("well") : json());
    }

    sql().exec("DELETE FROM pgmq.q_steps_domain_events");
    host.settle({failed(claim_one(host), ordinary_failure())});
    process(brain);
    EXPECT_THAT(names(), ElementsAre("on.anything", "on.failure", "on.retryable"));
}

TEST_F(EventTroubles, WordsOfAnEarlierAttemptAreForgotten) {
    enroll(publisher({event("on.any", EventCondition::always)}));
    TestHost brain(conninfo());
    TestHost host(conninfo(), DispatchProfile::queued);
    const auto first = claim_one(host);
    host.settle(
        {with_events(failed(first, ordinary_failure()), R"([{"name":"on.any","payload":"first"}])")}
    );
    process(brain);
    release_all();
    host.settle({succeeded(host.claim(1).at(0))});
    process(brain);
    const auto found = documents();
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0]["payload"]["custom"], "first");
    EXPECT_FALSE(found[1]["payload"].contains("custom"));
}

TEST_F(EventTroubles, AForeignWorkerMayBringItsOwnWords) {
    enroll(publisher({event("on.success")}));
    TestHost brain(conninfo());
    const auto task = submit("publisher");
    sql().value(
        "SELECT pgmq.send('orchestration_step_results', $1::jsonb)",
        {json({
                  {"task_uuid", task.to_string()},
                  {"step_uuid", step_id(task, 1).to_string()},
                  {"status", "completed"},
                  {"result", 5},
                  {"events", json::array({{{"name", "on.success"}, {"payload", "foreign"}}})},
              })
             .dump()}
    );
    process(brain);
    ASSERT_EQ(documents().size(), 1U);
    EXPECT_EQ(documents()[0]["payload"], json::parse(R"({"result":5,"custom":"foreign"})"));
}

}  // namespace
}  // namespace tenon
