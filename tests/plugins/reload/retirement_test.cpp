// Old builds that do not come to their end: nobody waits for them longer than he must.

#include "rolling_plugins.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace tenon::plugin_host {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// A plugin whose deinit() returns when the gate is gone.
class EndlessEnd : public RollingPlugins {
protected:
    EndlessEnd() {
        ::setenv("CORPUS_GATE", gate_.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
        deploy("endless_deinit");
        start();
        std::ofstream(gate_) << "shut";
    }

    // Its thread must not run on in the tests that follow.
    ~EndlessEnd() override {
        fs::remove(gate_);
        lifecycle_.reset();
    }

    void deploy(const std::string& guest) {
        const auto built = fs::path(TENON_GUEST_DIRECTORY) / (guest + ".so");
        fs::rename(
            files_.write("fresh.so", tenon::testing::read_file(built)), folder() / "starts.so"
        );
    }

    std::size_t count(PluginState state) {
        return lifecycle().transitions().at(static_cast<std::size_t>(state));
    }

    const fs::path gate_ = files_.path() / "gate";
};

TEST_F(EndlessEnd, IsLeftWhereItIsAndHoldsNoOtherBuildUp) {
    replace(bytes("a1"));
    EXPECT_TRUE(answers("1.0.0"));
    deploy("starts1");
    EXPECT_TRUE(eventually([this] { return count(PluginState::draining) == 1; }));
    replace(bytes("a2"));
    EXPECT_TRUE(answers("2.0.0"));
    EXPECT_TRUE(eventually([this] { return count(PluginState::retired_pinned) == 1; }));
    EXPECT_TRUE(eventually([this] { return count(PluginState::retired_closed) == 1; }))
        << "the build behind it";
    const auto plugin = lifecycle().status("corpus.starts");
    EXPECT_EQ(plugin->pinned, 1U);
    EXPECT_EQ(plugin->generations.back().reason, "its end had not come after 2000 ms");
}

TEST_F(EndlessEnd, DoesNotHoldAHostThatStops) {
    const auto begin = std::chrono::steady_clock::now();
    lifecycle_.reset();
    const auto took = std::chrono::steady_clock::now() - begin;
    EXPECT_GE(took, 2s) << "it had its time";
    EXPECT_LT(took, 10s);
}

}  // namespace
}  // namespace tenon::plugin_host
