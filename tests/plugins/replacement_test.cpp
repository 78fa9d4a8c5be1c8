// A plugin's file is overwritten and loaded again while its handlers are in use.

#include "plugin_host/plugin_registry.hpp"
#include "support/private_directory.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

namespace tenon::plugin_host {
namespace {

namespace fs = std::filesystem;

class Replacement : public ::testing::Test {
protected:
    // In place, as `cp` does: the worst way to replace a file that is in use.
    Result<PluginInfo> deploy(int number) {
        const auto build = fs::path(TENON_GUEST_DIRECTORY) / std::to_string(number);
        files_.write("versioned.so", tenon::testing::read_file(build / "versioned.so"));
        return registry_.load(files_.path() / "versioned.so");
    }

    std::shared_ptr<const Handler> handler() { return *registry_.resolve("guest::Version"); }

    static std::string call(const Handler& handler) {
        const auto outcome = handler.invoke({});
        const auto* failed = std::get_if<StepFailure>(&outcome);
        return failed == nullptr ? std::get<std::string>(outcome) : failed->message;
    }

    // Images of this test's plugin in the process: the executable segments of its copies.
    std::size_t images() const {
        std::ifstream maps("/proc/self/maps");
        std::size_t count = 0;
        for (std::string line; std::getline(maps, line);) {
            const bool ours = line.find(files_.path().string()) != std::string::npos;
            count += ours && line.find(" r-xp ") != std::string::npos ? 1U : 0U;
        }
        return count;
    }

    tenon::testing::PrivateDirectory files_;
    PluginRegistry registry_{{.snapshot_directory = files_.path() / "snapshots"}};
};

TEST_F(Replacement, GivesNewCallsTheNewBuildAndLetsOldOnesFinishOnTheOld) {
    ASSERT_TRUE(deploy(1));
    const auto old = handler();
    EXPECT_EQ(call(*old), R"("1.0.0/1")");

    const auto second = deploy(2);
    ASSERT_TRUE(second) << second.error().detail;
    EXPECT_EQ(second->version, "2.0.0");
    EXPECT_EQ(second->generation, 2U);
    EXPECT_EQ(registry_.plugins().size(), 1U);
    EXPECT_EQ(call(*handler()), R"("2.0.0/1")");
    EXPECT_EQ(call(*old), R"("1.0.0/2")");
}

TEST_F(Replacement, KeepsTheOldBuildWhenTheNewOneIsBroken) {
    ASSERT_TRUE(deploy(1));
    files_.write("versioned.so", "half a file");
    EXPECT_FALSE(registry_.load(files_.path() / "versioned.so"));
    EXPECT_EQ(call(*handler()), R"("1.0.0/1")");
    EXPECT_EQ(registry_.plugins().front().version, "1.0.0");
}

TEST_F(Replacement, UnloadsABuildWithItsLastHandler) {
    ASSERT_TRUE(deploy(1));
    auto old = handler();
    ASSERT_TRUE(deploy(2));
    EXPECT_EQ(images(), 2U);
    old.reset();
    EXPECT_EQ(images(), 1U);
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(deploy(1 + i % 2));
        EXPECT_EQ(images(), 1U);
    }
}

TEST_F(Replacement, LosesNoCallThatRunsMeanwhile) {
    ASSERT_TRUE(deploy(1));
    std::atomic<bool> stop{false};
    std::atomic<int> calls{0};
    std::atomic<int> wrong{0};
    std::vector<std::jthread> callers;
    for (int i = 0; i < 2; ++i) {
        callers.emplace_back([&] {
            while (!stop) {
                const auto got = call(*handler());
                const bool known = got.starts_with("\"1.0.0/") || got.starts_with("\"2.0.0/");
                wrong += known ? 0 : 1;
                ++calls;
            }
        });
    }
    for (int i = 0; i < 30; ++i) {
        ASSERT_TRUE(deploy(1 + i % 2));
        const int seen = calls;
        while (calls == seen) {
            std::this_thread::yield();
        }
    }
    stop = true;
    callers.clear();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(images(), 1U);
}

}  // namespace
}  // namespace tenon::plugin_host
