// Plugins of earlier releases: they load, and answer as they always did.

#include "foundation/sha256.hpp"
#include "plugin_host/plugin_registry.hpp"
#include "support/private_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>

namespace tenon::plugin_host {
namespace {

namespace fs = std::filesystem;

const fs::path fossils = fs::path(TENON_SOURCE_DIR) / "tests/plugins/fossils";

// What a fossil is may never change, so neither may its bytes.
const std::map<std::string, std::string>& known() {
    static const std::map<std::string, std::string> digests{
        {"v1.0-c-clang.so", "d6e36e0cef980b22e21fe4ab6d3aa62388cec768bf2bd23294476c3de556ffea"},
        {"v1.0-c-gcc.so", "d4a07378a418b758dd755b5c09f60c546e1c55d16e6dcbb290d3042bed284c21"},
        {"v1.0-cpp-clang.so", "8096703bf7f982d1f4050d7e02d80cb7ee2e518be25c7cf651794e9012241031"},
        {"v1.0-cpp-gcc-old-abi.so",
         "0614d533a8ae7d980938545e041f5f488988357c241d9428b232d614d1ce496f"},
        {"v1.0-cpp-gcc.so", "d56a6d9c485657e79ac511741f9ce85755197e18bf554bd6a45eb8e364254d23"},
    };
    return digests;
}

class Recording : public CallServices {
public:
    std::optional<std::string> result_of(std::string_view step_name) override {
        return step_name == "first" ? std::optional<std::string>("36") : std::nullopt;
    }

    std::int32_t cancel_reason() const noexcept override { return reason; }

    int cancel_descriptor() noexcept override { return 0; }

    CheckpointStatus save_checkpoint(std::string_view json) override {
        checkpoint = json;
        return CheckpointStatus::saved;
    }

    bool beat(std::optional<double> fraction, std::string message) override {
        beats.push_back(std::to_string(fraction.value_or(-1)) + ' ' + message);
        return reason == TENON_NOT_CANCELLED;
    }

    void log(std::int32_t level, std::string_view message, std::string_view fields) override {
        lines.push_back(
            std::to_string(level) + ' ' + std::string(message) + ' ' + std::string(fields)
        );
    }

    std::int32_t reason = TENON_NOT_CANCELLED;
    std::string checkpoint;
    std::vector<std::string> beats;
    std::vector<std::string> lines;
};

class Fossil : public ::testing::TestWithParam<std::string> {
protected:
    Fossil() {
        const auto loaded = registry_.load(fossils / GetParam());
        EXPECT_TRUE(loaded) << loaded.error().detail;
    }

    bool has(std::string_view callable) const {
        return static_cast<bool>(registry_.resolve(callable));
    }

    StepOutcome invoke(std::string_view callable, std::string_view checkpoint = {}) {
        const auto handler = registry_.resolve(callable);
        EXPECT_TRUE(handler) << handler.error().detail;
        StepCall step;
        step.context_json = R"({"number": 12})";
        step.initialization_json = "{}";
        step.checkpoint_json = checkpoint;
        step.services = &services_;
        return (*handler)->invoke(step);
    }

    std::string result(std::string_view callable, std::string_view checkpoint = {}) {
        const auto outcome = invoke(callable, checkpoint);
        const auto* text = std::get_if<std::string>(&outcome);
        return text == nullptr ? "no result" : *text;
    }

    tenon::testing::PrivateDirectory files_;
    PluginRegistry registry_{{.snapshot_directory = files_.path() / "snapshots"}};
    Recording services_;
};

TEST_P(Fossil, IsTheFileThatItAlwaysWas) {
    const auto file = fossils / GetParam();
    EXPECT_EQ(sha256_hex(tenon::testing::read_file(file)), known().at(GetParam()));
    EXPECT_LE(fs::file_size(file), 30U * 1024);
}

TEST_P(Fossil, ReadsItsInputAndLogs) {
    EXPECT_EQ(result("fossil::Square"), "144");
    ASSERT_EQ(services_.lines.size(), 1U);
    EXPECT_THAT(services_.lines[0], ::testing::StartsWith("2 squared {\"language\":\"c"));
}

TEST_P(Fossil, FailsWithEverythingThatItSays) {
    const auto outcome = invoke("fossil::Fail");
    const auto* failure = std::get_if<StepFailure>(&outcome);
    ASSERT_NE(failure, nullptr);
    EXPECT_EQ(failure->message, "the gateway is busy");
    EXPECT_EQ(failure->error_type, "GatewayError");
    EXPECT_EQ(failure->error_code, "GATEWAY_BUSY");
    EXPECT_EQ(failure->context_json, R"({"queue":9})");
    EXPECT_EQ(failure->retryable, true);
    EXPECT_EQ(failure->retry_after, std::chrono::seconds(2));
}

TEST_P(Fossil, YieldsAndGoesOnFromItsCheckpoint) {
    if (!has("fossil::Chunks")) {
        return;  // Left out of the one that would be too large.
    }
    EXPECT_TRUE(std::holds_alternative<Yielded>(invoke("fossil::Chunks")));
    EXPECT_EQ(services_.checkpoint, R"({"row":7})");
    EXPECT_THAT(services_.beats, ::testing::ElementsAre("0.500000 half"));
    EXPECT_EQ(result("fossil::Chunks", services_.checkpoint), R"({"row":7})");
}

TEST_P(Fossil, UsesTheRestOfTheBoundary) {
    if (!has("fossil::Stop")) {
        return;  // Only those in C are small enough to have it.
    }
    EXPECT_EQ(result("fossil::Reserve"), R"("space" )");
    EXPECT_EQ(result("fossil::Ancestor"), "36");
    EXPECT_EQ(result("fossil::Stop"), R"("not cancelled")");
    services_.reason = TENON_CANCEL_SHUTDOWN;
    const auto outcome = invoke("fossil::Stop");
    ASSERT_TRUE(std::holds_alternative<StepFailure>(outcome));
    EXPECT_EQ(std::get<StepFailure>(outcome).error_code, "CANCELLED");
}

std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const auto& [name, digest] : known()) {
        names.push_back(name);
    }
    return names;
}

INSTANTIATE_TEST_SUITE_P(All, Fossil, ::testing::ValuesIn(files()), [](const auto& file) {
    auto name = file.param;
    std::erase_if(name, [](unsigned char letter) { return std::isalnum(letter) == 0; });
    return name;
});

TEST(Fossils, AreAllKnown) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(fossils)) {
        if (entry.path().extension() == ".so") {
            found.push_back(entry.path().filename().string());
        }
    }
    EXPECT_THAT(found, ::testing::UnorderedElementsAreArray(files()));
}

}  // namespace
}  // namespace tenon::plugin_host
