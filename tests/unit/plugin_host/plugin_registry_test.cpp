#include "plugin_host/plugin_registry.hpp"

#include "foundation/sha256.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace tenon::plugin_host {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const fs::path plugin_directory = TENON_PLUGIN_DIRECTORY;

class PluginRegistryTest : public ::testing::Test {
protected:
    PluginRegistry::Options options() {
        PluginRegistry::Options options;
        options.snapshot_directory = files_.path() / "snapshots";
        return options;
    }

    tenon::testing::PrivateDirectory files_;
};

std::string run(
    const PluginRegistry& registry,
    std::string_view callable,
    std::string_view context,
    std::span<const DependencyView> dependencies = {}
) {
    const auto handler = registry.resolve(callable);
    if (!handler) {
        return handler.error().detail;
    }
    StepCall step;
    step.context_json = context;
    step.initialization_json = "{}";
    step.dependencies = dependencies;
    const auto outcome = (*handler)->invoke(step);
    const auto* failed = std::get_if<StepFailure>(&outcome);
    return failed == nullptr ? std::get<std::string>(outcome)
                             : failed->error_code + ": " + failed->message;
}

TEST_F(PluginRegistryTest, LoadsADirectoryAndRunsItsHandlers) {
    PluginRegistry registry(options());
    for (const auto& loaded : registry.load_directory(plugin_directory)) {
        EXPECT_TRUE(loaded.result) << loaded.result.error().detail;
    }
    std::vector<std::string> ids;
    for (const auto& plugin : registry.plugins()) {
        ids.push_back(plugin.id);
    }
    EXPECT_THAT(
        ids,
        ElementsAre("com.tenon.diamond", "com.tenon.linear", "com.tenon.noop", "com.tenon.tree")
    );
    const std::array step_3{DependencyView{"linear_step_3", "138"}};
    EXPECT_EQ(run(registry, "linear::LinearStep1Handler", R"({"even_number":6})"), "36");
    EXPECT_EQ(run(registry, "linear::LinearStep4Handler", "{}", step_3), "69");
    EXPECT_EQ(run(registry, "noop::NoopHandler", "{}"), "{}");
    EXPECT_EQ(
        run(registry, "linear::LinearStep1Handler", R"({"even_number":7})"),
        "VALIDATION_ERROR: context.even_number is 7: expected a positive even integer"
    );
    EXPECT_EQ(
        run(registry, "linear::LinearStep1Handler", "{}"),
        "VALIDATION_ERROR: context.even_number is required but missing"
    );
}

TEST_F(PluginRegistryTest, DescribesWhatItLoaded) {
    PluginRegistry registry(options());
    const auto file = plugin_directory / "linear.so";
    const auto info = registry.load(file);
    ASSERT_TRUE(info) << info.error().detail;
    EXPECT_EQ(info->id, "com.tenon.linear");
    EXPECT_EQ(info->version, "1.0.0");
    EXPECT_EQ(info->library, "linear");
    EXPECT_EQ(info->file, file);
    EXPECT_EQ(info->sha256, sha256_hex(tenon::testing::read_file(file)));
    EXPECT_EQ(info->build_id.size(), 40U);
    EXPECT_EQ(info->abi_major, 1);
    EXPECT_EQ(info->generation, 1U);
    EXPECT_THAT(info->sdk, HasSubstr("c++ 0.1.0"));
    EXPECT_THAT(
        info->callables,
        ElementsAre(
            "linear::LinearStep1Handler",
            "linear::LinearStep2Handler",
            "linear::LinearStep3Handler",
            "linear::LinearStep4Handler"
        )
    );
}

TEST_F(PluginRegistryTest, LoadsTheSameBytesOnce) {
    PluginRegistry registry(options());
    ASSERT_TRUE(registry.load(plugin_directory / "linear.so"));
    const auto first = registry.resolve("linear::LinearStep1Handler");
    const auto again = registry.load(plugin_directory / "linear.so");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->generation, 1U);
    EXPECT_EQ(registry.resolve("linear::LinearStep1Handler")->get(), first->get());
}

TEST_F(PluginRegistryTest, FollowsTheOperatorsMappingFirst) {
    auto mapped = options();
    mapped.mappings = {
        {"rust::linear_workflow::LinearStep1Handler", "linear::LinearStep1Handler"},
        {"linear::LinearStep2Handler", "linear::LinearStep1Handler"},
        {"lost", "linear::LinearStep5Handler"},
    };
    PluginRegistry registry(std::move(mapped));
    ASSERT_TRUE(registry.load(plugin_directory / "linear.so"));
    constexpr auto context = R"({"even_number":4})";
    EXPECT_EQ(run(registry, "rust::linear_workflow::LinearStep1Handler", context), "16");
    EXPECT_EQ(run(registry, "linear::LinearStep2Handler", context), "16");
    EXPECT_THAT(
        run(registry, "lost", context),
        HasSubstr("no plugin provides linear::LinearStep5Handler (mapped from lost) (did you mean")
    );
}

TEST_F(PluginRegistryTest, SaysWhatComesCloseToAnUnknownCallable) {
    PluginRegistry registry(options());
    EXPECT_EQ(
        run(registry, "linear::LinearStep1Handler", "{}"),
        "no plugin provides linear::LinearStep1Handler: none is loaded; "
        "load the plugin that declares it"
    );
    ASSERT_TRUE(registry.load(plugin_directory / "linear.so"));
    EXPECT_EQ(
        run(registry, "linear::LinaerStep1Handler", "{}"),
        "no plugin provides linear::LinaerStep1Handler "
        "(did you mean 'linear::LinearStep1Handler'?): loaded are com.tenon.linear"
    );
    const auto method = registry.resolve("linear::LinearStep1Handler", "refund");
    ASSERT_FALSE(method);
    EXPECT_EQ(method.error().code, ErrorCode::not_found);
    EXPECT_EQ(
        method.error().detail, "linear::LinearStep1Handler has no method refund: it has call"
    );
}

TEST_F(PluginRegistryTest, LoadsOnlyWhatTheListAllows) {
    auto strict = options();
    const auto linear = plugin_directory / "linear.so";
    strict.trust.allow_list =
        files_.write("allowed", sha256_hex(tenon::testing::read_file(linear)) + "  linear.so\n");
    PluginRegistry registry(std::move(strict));
    EXPECT_TRUE(registry.load(linear));
    const auto other = registry.load(plugin_directory / "noop.so");
    ASSERT_FALSE(other);
    EXPECT_THAT(
        other.error().detail, HasSubstr("noop.so is not on the list of allowed plugins: add its")
    );
}

TEST_F(PluginRegistryTest, KeepsAPluginLoadedWhileAHandlerIsHeld) {
    std::shared_ptr<const Handler> kept;
    {
        PluginRegistry registry(options());
        ASSERT_TRUE(registry.load(plugin_directory / "linear.so"));
        kept = *registry.resolve("linear::LinearStep1Handler");
    }
    StepCall step;
    step.context_json = R"({"even_number":6})";
    EXPECT_EQ(std::get<std::string>(kept->invoke(step)), "36");
}

TEST_F(PluginRegistryTest, ThrowsWhereTheDirectoryCannotBeRead) {
    PluginRegistry registry(options());
    EXPECT_THROW(registry.load_directory("/nowhere"), Exception);
}

}  // namespace
}  // namespace tenon::plugin_host
