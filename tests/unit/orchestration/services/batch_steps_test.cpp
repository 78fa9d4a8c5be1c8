#include "orchestration/services/queue/batch_steps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

namespace tenon::orchestration {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A database that refuses some messages.
class CarryOut : public ::testing::Test {
protected:
    BatchReport run(
        const std::vector<std::int64_t>& ids,
        std::vector<RefusedMessage> refused = {}
    ) {
        QueuedBatch<int> batch{.entries = {}, .refused = std::move(refused)};
        for (const auto id : ids) {
            batch.entries.push_back({.id = id, .content = 0});
        }
        return carry_out<int>(
            batch,
            {.name = "test",
             .process = [this](const auto& entries) { return process(entries); },
             .archive =
                 [this](const auto& messages) {
                     for (const auto& message : messages) {
                         archived.push_back(std::to_string(message.id) + ": " + message.reason);
                     }
                 }}
        );
    }

    BatchReport process(const std::vector<QueuedBatch<int>::Entry>& entries) {
        ++calls;
        for (const auto& entry : entries) {
            if (const auto code = refuses.find(entry.id); code != refuses.end()) {
                throw Exception({code->second, "refused " + std::to_string(entry.id)});
            }
            if (entry.id == broken) {
                throw std::runtime_error("a fault of ours");
            }
        }
        for (const auto& entry : entries) {
            processed.push_back(entry.id);
        }
        return {.processed = entries.size()};
    }

    std::map<std::int64_t, ErrorCode> refuses;
    std::int64_t broken = -1;
    int calls = 0;
    std::vector<std::int64_t> processed;
    std::vector<std::string> archived;
};

TEST_F(CarryOut, ProcessesAWholeBatchInOneCall) {
    EXPECT_EQ(run({1, 2, 3}), (BatchReport{.processed = 3}));
    EXPECT_EQ(calls, 1);
    EXPECT_THAT(processed, ElementsAre(1, 2, 3));
}

TEST_F(CarryOut, ArchivesWhatWasRefusedBefore) {
    EXPECT_EQ(
        run({1}, {{7, "malformed"}, {8, "read too often"}}),
        (BatchReport{.processed = 1, .archived = 2})
    );
    EXPECT_THAT(archived, ElementsAre("7: malformed", "8: read too often"));
}

TEST_F(CarryOut, MakesNoCallForNothing) {
    EXPECT_EQ(run({}), BatchReport{});
    EXPECT_EQ(run({}, {{7, "malformed"}}), (BatchReport{.archived = 1}));
    EXPECT_EQ(calls, 0);
}

TEST_F(CarryOut, TheBadOneBlamesOnlyItself) {
    refuses = {{2, ErrorCode::invalid_input}, {4, ErrorCode::not_found}};
    EXPECT_EQ(run({1, 2, 3, 4, 5}), (BatchReport{.processed = 3, .archived = 2}));
    EXPECT_THAT(processed, ElementsAre(1, 3, 5));
    EXPECT_THAT(archived, ElementsAre("2: refused 2", "4: refused 4"));
    EXPECT_EQ(calls, 6);
}

TEST_F(CarryOut, AFaultOfOursLeavesTheMessageWhereItIs) {
    broken = 2;
    EXPECT_EQ(run({1, 2, 3}), (BatchReport{.processed = 2, .left = 1}));
    EXPECT_THAT(processed, ElementsAre(1, 3));
    EXPECT_THAT(archived, IsEmpty());
}

TEST_F(CarryOut, OneMessageIsTriedOnce) {
    refuses = {{1, ErrorCode::conflict}};
    EXPECT_EQ(run({1}), (BatchReport{.archived = 1}));
    EXPECT_EQ(calls, 1);
}

TEST_F(CarryOut, BadWeatherBlamesNoMessage) {
    refuses = {{2, ErrorCode::unavailable}};
    EXPECT_THROW(run({1, 2, 3}), Exception);
    EXPECT_EQ(calls, 1);
    EXPECT_THAT(archived, IsEmpty());
}

TEST_F(CarryOut, BadWeatherWhileOneByOneEndsTheBatch) {
    refuses = {{1, ErrorCode::invalid_input}, {2, ErrorCode::deadline_exceeded}};
    EXPECT_THROW(run({1, 2, 3}), Exception);
    EXPECT_THAT(archived, ElementsAre("1: refused 1"));
    EXPECT_THAT(processed, IsEmpty());
}

}  // namespace
}  // namespace tenon::orchestration
