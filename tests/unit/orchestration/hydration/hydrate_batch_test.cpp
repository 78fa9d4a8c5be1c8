#include "domain/messages/hydrate_batch.hpp"

#include "orchestration/hydration/finalization_hydrator.hpp"

#include <gtest/gtest.h>

namespace tenon::orchestration {
namespace {

const std::string good = R"({"task_uuid":"0192f0c1-7a5b-7c3d-8e9f-123456780000"})";

TEST(HydrateBatch, SortsGoodFromBadAndKeepsTheirOrder) {
    const auto batch = hydrate_batch(
        {{.id = 3, .read_count = 1, .text = good},
         {.id = 4, .read_count = 1, .text = "{}"},
         {.id = 5, .read_count = 5, .text = good},
         {.id = 6, .read_count = 6, .text = good}},
        FinalizationHydrator{}
    );
    ASSERT_EQ(batch.entries.size(), 2U);
    EXPECT_EQ(batch.entries[0].id, 3);
    EXPECT_EQ(batch.entries[1].id, 5);
    EXPECT_EQ(batch.entries[1].content.to_string(), "0192f0c1-7a5b-7c3d-8e9f-123456780000");
    ASSERT_EQ(batch.refused.size(), 2U);
    EXPECT_EQ(batch.refused[0].id, 4);
    EXPECT_EQ(batch.refused[0].reason, "'task_uuid' is missing in the message; it is required");
    EXPECT_EQ(batch.refused[1].id, 6);
    EXPECT_EQ(batch.refused[1].reason, "read 6 times without being processed; at most 5 are tried");
}

TEST(HydrateBatch, MakesNothingOfNothing) {
    const auto batch = hydrate_batch({}, FinalizationHydrator{});
    EXPECT_TRUE(batch.entries.empty());
    EXPECT_TRUE(batch.refused.empty());
}

}  // namespace
}  // namespace tenon::orchestration
