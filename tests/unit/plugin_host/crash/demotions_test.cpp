#include "plugin_host/reload/builds/demotions.hpp"

#include "plugin_host/reload/builds/quarantine.hpp"
#include "support/private_directory.hpp"

#include <gtest/gtest.h>

namespace tenon::plugin_host {
namespace {

const std::string build(64, 'b');

TEST(DemotionsTest, OutliveTheHostUntilTheBuildIsPromoted) {
    const testing::PrivateDirectory directory;
    Demotions(directory.path()).add(build, "com.example.shop", "died of SIGSEGV\tin\na call");
    Demotions later(directory.path());
    ASSERT_TRUE(later.find(build));
    EXPECT_EQ(later.find(build)->plugin_id, "com.example.shop");
    EXPECT_EQ(later.find(build)->reason, "died of SIGSEGV in a call");
    EXPECT_FALSE(later.find(std::string(64, 'c')));
    EXPECT_TRUE(later.release(build));
    EXPECT_FALSE(later.release(build));
    EXPECT_FALSE(Demotions(directory.path()).find(build));
}

TEST(DemotionsTest, AreNoQuarantine) {
    const testing::PrivateDirectory directory;
    Demotions demotions(directory.path());
    Quarantine quarantine(directory.path());
    demotions.add(build, "a", "b");
    EXPECT_FALSE(quarantine.find(build));
    EXPECT_NE(demotions.file(), quarantine.file());
}

}  // namespace
}  // namespace tenon::plugin_host
