#include "foundation/suggestion.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace tenon {
namespace {

constexpr std::array<std::string_view, 4> words{"retry", "retryable", "timeout_seconds", "name"};

TEST(DidYouMean, ProposesTheNearestWord) {
    EXPECT_EQ(did_you_mean("retyr", words), " (did you mean 'retry'?)");
    EXPECT_EQ(did_you_mean("retriable", words), " (did you mean 'retryable'?)");
    EXPECT_EQ(did_you_mean("timeout_second", words), " (did you mean 'timeout_seconds'?)");
}

TEST(DidYouMean, StaysSilentWhenNothingIsNear) {
    EXPECT_EQ(did_you_mean("colour", words), "");
    EXPECT_EQ(did_you_mean("", words), "");
    EXPECT_EQ(did_you_mean("retry", {}), "");
    EXPECT_EQ(did_you_mean(std::string(100'000, 'r'), words), "");
}

}  // namespace
}  // namespace tenon
