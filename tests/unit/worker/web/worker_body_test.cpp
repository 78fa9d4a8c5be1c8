#include "worker/web/worker_body.hpp"

#include <gtest/gtest.h>

namespace tenon::worker {
namespace {

TEST(WorkerBody, TakesAMode) {
    EXPECT_EQ(
        parse_mode_body(R"({"mode":"EventDrivenOnly"})").value(), DeploymentMode::event_driven_only
    );
    EXPECT_EQ(
        parse_mode_body("").error().detail,
        "'mode' is missing in the body; it must be PollingOnly, Hybrid or EventDrivenOnly"
    );
    EXPECT_EQ(
        parse_mode_body(R"({"mode":"hybrid"})").error().detail,
        "'mode' of the body must be PollingOnly, Hybrid or EventDrivenOnly, not \"hybrid\""
    );
    EXPECT_EQ(
        parse_mode_body(R"({"modus":"Hybrid"})").error().detail,
        "unknown member 'modus' in the body; the known ones are mode"
    );
}

TEST(WorkerBody, TakesANamespaceOrNothing) {
    EXPECT_EQ(parse_refresh_body("").value(), std::nullopt);
    EXPECT_EQ(parse_refresh_body("{}").value(), std::nullopt);
    EXPECT_EQ(parse_refresh_body(R"({"namespace":"shop"})").value(), "shop");
    EXPECT_EQ(
        parse_refresh_body(R"({"namespace":7})").error().detail,
        "'namespace' of the body must be a string, not 7"
    );
    EXPECT_EQ(
        parse_refresh_body(R"({"namespace":""})").error().detail,
        "'namespace' of the body must be the name of a namespace; leave it out for all, not \"\""
    );
}

TEST(WorkerBody, TakesACorrelationOrNothing) {
    EXPECT_EQ(parse_execute_body("").value(), std::nullopt);
    const auto* const id = "0192f0c1-7a5b-7c3d-8e9f-123456780000";
    EXPECT_EQ(
        parse_execute_body(R"({"correlation_id":")" + std::string(id) + "\"}").value()->to_string(),
        id
    );
    EXPECT_FALSE(parse_execute_body(R"({"correlation_id":"none"})"));
}

}  // namespace
}  // namespace tenon::worker
