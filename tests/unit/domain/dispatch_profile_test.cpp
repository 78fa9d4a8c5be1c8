#include "domain/dispatch_profile.hpp"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(DispatchProfile, IsReadBackFromItsName) {
    for (const auto profile : {DispatchProfile::direct, DispatchProfile::queued}) {
        EXPECT_EQ(parse_dispatch_profile(to_string(profile)), profile);
    }
    EXPECT_EQ(to_string(DispatchProfile::queued), "queued");
}

TEST(DispatchProfile, HasNoOtherSpellings) {
    for (const auto* text : {"", "Direct", "queue", "queued "}) {
        EXPECT_EQ(parse_dispatch_profile(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace tenon
