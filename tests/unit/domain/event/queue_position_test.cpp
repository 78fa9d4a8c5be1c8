#include "domain/event/queue_position.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tenon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

const auto start = QueuePosition::Clock::time_point(1h);

TEST(QueuePosition, MeetsEachNumberOnce) {
    QueuePosition position(5);
    EXPECT_FALSE(position.meet(5, start));
    EXPECT_FALSE(position.meet(3, start)) << "it was there before anybody looked";
    EXPECT_TRUE(position.meet(6, start));
    EXPECT_FALSE(position.meet(6, start));
    EXPECT_THAT(position.missing(start), IsEmpty());
}

TEST(QueuePosition, WaitsForNumbersThatCommitLate) {
    QueuePosition position(0);
    EXPECT_TRUE(position.meet(4, start));
    EXPECT_THAT(position.missing(start), ElementsAre(1, 2, 3));
    EXPECT_TRUE(position.meet(2, start));
    EXPECT_FALSE(position.meet(2, start));
    EXPECT_THAT(position.missing(start), ElementsAre(1, 3));
    EXPECT_EQ(position.newest(), 4);
}

TEST(QueuePosition, GivesUpWaitingInTheEnd) {
    QueuePosition position(0);
    position.meet(2, start);
    position.meet(4, start + 5s);
    EXPECT_THAT(position.missing(start + 10s), ElementsAre(3)) << "1 was rolled back";
    EXPECT_FALSE(position.meet(1, start + 10s));
}

TEST(QueuePosition, RemembersSoManyAndNoMore) {
    QueuePosition position(0);
    position.meet(1'000'000'000'000, start);
    EXPECT_EQ(position.missing(start).size(), QueuePosition::missing_max);
    EXPECT_EQ(position.missing(start).back(), 999'999'999'999);
}

}  // namespace
}  // namespace tenon
