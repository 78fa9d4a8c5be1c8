// One host, one handler, seven builds of it: the boundary asks nothing of compiler or language.

#include "plugin_host/plugin_registry.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// A C++ library that is linked into a plugin keeps its memory for exceptions when it is unloaded.
extern "C" int __lsan_is_turned_off() {
    return 1;
}

namespace tenon::plugin_host {
namespace {

const std::vector<std::string> builds{
    "c_gcc",
    "c_clang",
    "cpp_gcc",
    "cpp_clang",
    "cpp_old_abi",
    "cpp_static",
    "rust",
};

class Independence : public ::testing::Test {
protected:
    Independence() {
        const std::filesystem::path directory = TENON_PLUGIN_DIRECTORY;
        for (const auto& build : builds) {
            const auto loaded = registry_.load(directory / (build + ".so"));
            EXPECT_TRUE(loaded) << loaded.error().detail;
        }
    }

    std::string answer(const std::string& build, std::string_view context) {
        const auto handler = registry_.resolve("independence::" + build);
        if (!handler) {
            return handler.error().detail;
        }
        StepCall step;
        step.context_json = context;
        const auto outcome = (*handler)->invoke(step);
        if (const auto* failure = std::get_if<StepFailure>(&outcome)) {
            return failure->error_code + ": " + failure->message +
                   (failure->retryable == false ? " (for good)" : "");
        }
        return std::get<std::string>(outcome);
    }

    tenon::testing::PrivateDirectory files_;
    PluginRegistry registry_{{.snapshot_directory = files_.path() / "snapshots"}};
};

TEST_F(Independence, GetsTheSameResultFromEveryBuild) {
    for (const auto& build : builds) {
        EXPECT_EQ(answer(build, R"({"number":12})"), R"({"square":144})") << build;
    }
}

TEST_F(Independence, GetsTheSameFailureFromEveryBuild) {
    for (const auto& build : builds) {
        EXPECT_EQ(answer(build, R"({"number":7})"), "ODD_NUMBER: number must be even (for good)")
            << build;
    }
}

TEST_F(Independence, HoldsAllOfThemAtOnce) {
    EXPECT_EQ(registry_.plugins().size(), builds.size());
    for (int round = 0; round < 100; ++round) {
        for (const auto& build : builds) {
            ASSERT_EQ(answer(build, R"({"number":2})"), R"({"square":4})") << build;
        }
    }
}

}  // namespace
}  // namespace tenon::plugin_host
