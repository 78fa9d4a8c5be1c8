#pragma once

#include "plugin_host/plugin_registry.hpp"
#include "plugin_host/runner/runner_roster.hpp"
#include "plugins/calm_sanitizers.hpp"
#include "support/private_directory.hpp"
#include "unit/plugin_host/fake_services.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

namespace tenon::plugin_host {

/// A registry that runs plugins in runners, and the plugin that looks around in its own.
class CaptivePlugin : public ::testing::Test {
protected:
    using Clock = std::chrono::steady_clock;

    CaptivePlugin() { tenon::testing::calm_sanitizers(); }

    PluginRegistry::Options options() {
        return {
            .snapshot_directory = files_.path() / "snapshots",
            .log =
                [this](std::int32_t level, std::string_view plugin, std::string_view message) {
                    const std::lock_guard lock(lines_mutex_);
                    lines_.push_back(
                        std::to_string(level) + "|" + std::string(plugin) + "|" +
                        std::string(message)
                    );
                },
            .isolation = {.usual = Isolation::process},
            .runners = {.program = TENON_BINARY_DIR "/tenon-plugin-runner"}
        };
    }

    Result<PluginInfo> load(const std::string& name, PluginRegistry::Options with) {
        registry_ = std::make_unique<PluginRegistry>(std::move(with));
        return registry_->load(std::filesystem::path(TENON_GUEST_DIRECTORY) / (name + ".so"));
    }

    void start(PluginRegistry::Options with) {
        const auto loaded = load("captive", std::move(with));
        ASSERT_TRUE(loaded) << loaded.error().detail;
    }

    void start() { start(options()); }

    std::shared_ptr<const Handler> handler(const std::string& name) const {
        const auto found = registry_->resolve("captive::" + name);
        if (!found) {
            throw std::runtime_error(found.error().detail);
        }
        return *found;
    }

    static StepCall with(CallServices& services) {
        StepCall step;
        step.services = &services;
        return step;
    }

    static StepCall about(std::string_view context) {
        StepCall step;
        step.context_json = context;
        return step;
    }

    static StepCall attempt(std::uint32_t number) {
        StepCall step;
        step.attempt = number;
        return step;
    }

    /// Whether a simple call goes well.
    bool serves() const { return answer("echo", about(R"("on")")) == "on"; }

    StepOutcome invoke(const std::string& name, StepCall step = {}) const {
        return handler(name)->invoke(step);
    }

    /// The string that the handler answered, or what it failed with.
    std::string answer(const std::string& name, StepCall step = {}) const {
        const auto outcome = invoke(name, step);
        const auto* json = std::get_if<std::string>(&outcome);
        if (json == nullptr) {
            const auto failed = failure(outcome);
            return "failed: " + failed.error_code + ": " + failed.message;
        }
        return json->size() < 2 ? *json : json->substr(1, json->size() - 2);
    }

    RunnersStatus runners() const { return handler("echo")->generation().runners()->status(); }

    static bool eventually(const std::function<bool()>& done) {
        const auto limit = Clock::now() + std::chrono::seconds(10);
        while (!done()) {
            if (Clock::now() > limit) {
                return false;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return true;
    }

    std::vector<std::string> lines() const {
        const std::lock_guard lock(lines_mutex_);
        return lines_;
    }

    tenon::testing::PrivateDirectory files_;
    mutable std::mutex lines_mutex_;
    std::vector<std::string> lines_;
    std::unique_ptr<PluginRegistry> registry_;
};

}  // namespace tenon::plugin_host
