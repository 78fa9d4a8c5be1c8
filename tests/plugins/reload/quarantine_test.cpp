#include "plugin_host/reload/builds/quarantine.hpp"

#include "support/private_directory.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace tenon::plugin_host {
namespace {

std::string hash(char digit) {
    return std::string(64, digit);
}

class QuarantineFile : public ::testing::Test {
protected:
    tenon::testing::PrivateDirectory files_;
    std::filesystem::path directory_ = files_.path() / "state";
};

TEST_F(QuarantineFile, OutlivesItsHost) {
    Quarantine(directory_).add(hash('a'), "guest.one", "it\tbroke\neverything");
    const Quarantine later(directory_);
    const auto known = later.find(hash('a'));
    ASSERT_TRUE(known);
    EXPECT_EQ(known->plugin_id, "guest.one");
    EXPECT_EQ(known->reason, "it broke everything");
    EXPECT_EQ(known->since.size(), std::string("2026-01-31T12:00:00Z").size());
    EXPECT_FALSE(later.find(hash('b')));
}

TEST_F(QuarantineFile, IgnoresWhatADyingHostLeftHalfWritten) {
    Quarantine quarantine(directory_);
    quarantine.add(hash('a'), "", "one");
    files_.write("state/quarantine.new", hash('b') + "\t2026");
    EXPECT_EQ(quarantine.list().size(), 1U);
    quarantine.add(hash('c'), "", "two");
    EXPECT_EQ(quarantine.list().size(), 2U);
}

TEST_F(QuarantineFile, KeepsTheLatestReasonAndReleases) {
    Quarantine quarantine(directory_);
    quarantine.add(hash('a'), "", "one");
    quarantine.add(hash('a'), "", "two");
    ASSERT_EQ(quarantine.list().size(), 1U);
    EXPECT_EQ(quarantine.list().front().reason, "two");
    EXPECT_TRUE(quarantine.release(hash('a')));
    EXPECT_FALSE(quarantine.release(hash('a')));
    EXPECT_TRUE(quarantine.list().empty());
}

TEST_F(QuarantineFile, LosesNothingThatSeveralHostsAddAtOnce) {
    std::vector<std::jthread> hosts;
    for (const char digit : {'0', '1', '2', '3', '4', '5', '6', '7'}) {
        hosts.emplace_back([this, digit] { Quarantine(directory_).add(hash(digit), "", "busy"); });
    }
    hosts.clear();
    EXPECT_EQ(Quarantine(directory_).list().size(), 8U);
}

TEST_F(QuarantineFile, RefusesToWorkWithoutItsList) {
    files_.write("state", "no directory");
    EXPECT_THROW(Quarantine{directory_}, Exception);
}

TEST(Sha256Text, IsSixtyFourHexadecimalDigits) {
    EXPECT_EQ(*parse_sha256(hash('A')), hash('a'));
    EXPECT_EQ(
        parse_sha256("beef").error().detail,
        "'beef' is not a SHA-256: write its 64 hexadecimal digits, as sha256sum does"
    );
    EXPECT_FALSE(parse_sha256(hash('g')));
    EXPECT_FALSE(parse_sha256(hash('a') + "a"));
}

}  // namespace
}  // namespace tenon::plugin_host
