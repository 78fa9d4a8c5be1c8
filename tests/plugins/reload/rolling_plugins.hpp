#pragma once

#include "plugin_host/reload/plugin_lifecycle.hpp"
#include "plugins/calm_sanitizers.hpp"
#include "support/private_directory.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <variant>

namespace tenon::plugin_host {

/// A lifecycle that watches a folder of its own, and builds of the plugins `guest.rolling.a` and
/// `.b` to put into it.
class RollingPlugins : public ::testing::Test {
protected:
    RollingPlugins() {
        tenon::testing::calm_sanitizers();
        std::filesystem::create_directory(folder());
    }

    std::filesystem::path folder() const { return files_.path() / "plugins"; }

    std::filesystem::path target(char plugin = 'a') const {
        return folder() / (std::string("rolling_") + plugin + ".so");
    }

    /// The bytes of a build, e.g. "a1".
    static std::string bytes(const std::string& build) {
        const auto file =
            std::filesystem::path(TENON_GUEST_DIRECTORY) / ("rolling_" + build + ".so");
        auto content = tenon::testing::read_file(file);
        if (content.empty()) {
            throw std::runtime_error(file.string() + " is not built");
        }
        return content;
    }

    /// Overwrites the file in place, as `cp` and `cat >` do.
    void overwrite(std::string_view content, char plugin = 'a') const {
        files_.write("plugins/" + target(plugin).filename().string(), content);
    }

    /// Puts a new file in the place of the old one, as `mv` and `install` do.
    void replace(std::string_view content, char plugin = 'a') const {
        std::filesystem::rename(files_.write("fresh.so", content), target(plugin));
    }

    PluginLifecycle::Options options() const {
        return {
            .registry = {.snapshot_directory = files_.path() / "state"},
            .state_directory = files_.path() / "state",
            .folders = {folder()},
            .trial = std::make_shared<ScoutTrial>(
                Scout({.program = TENON_BINARY_DIR "/tenon-plugin-scout"})
            ),
            .watch =
                {.quiet = std::chrono::milliseconds(40),
                 .most = std::chrono::milliseconds(2000),
                 .rescan = std::chrono::milliseconds(30000)},
            .quiesce = std::chrono::milliseconds(500)
        };
    }

    /// Loads what is there and begins to watch.
    void start(PluginLifecycle::Options with) {
        lifecycle_ = std::make_unique<PluginLifecycle>(std::move(with));
        lifecycle_->load_folders();
        lifecycle_->start({.published = [this] { ++publications_; }});
    }

    void start() { start(options()); }

    /// As a host does that begins anew with the same folders.
    void restart() {
        lifecycle_.reset();
        start();
    }

    PluginLifecycle& lifecycle() { return *lifecycle_; }

    std::shared_ptr<const Handler> handler(char plugin = 'a') const {
        auto found = lifecycle_->registry().resolve(std::string("rolling::") + plugin);
        return found ? *found : nullptr;
    }

    /// What the active build answers, e.g. "1.0.0"; the code of its failure; "none" without one.
    static std::string call(const std::shared_ptr<const Handler>& handler) {
        if (!handler) {
            return "none";
        }
        const auto outcome = handler->invoke({});
        const auto* failed = std::get_if<StepFailure>(&outcome);
        if (failed != nullptr) {
            return failed->error_code;
        }
        const auto& json = std::get<std::string>(outcome);
        return json.substr(1, json.size() - 2);
    }

    std::string answer(char plugin = 'a') const { return call(handler(plugin)); }

    static bool eventually(const std::function<bool()>& done) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        while (!done()) {
            if (std::chrono::steady_clock::now() > limit) {
                return false;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        return true;
    }

    bool answers(const std::string& version, char plugin = 'a') const {
        return eventually([&] { return answer(plugin) == version; });
    }

    /// What became of the plugin's file.
    FileStatus file_status(char plugin = 'a') const {
        for (const auto& file : lifecycle_->status().files) {
            if (file.file == target(plugin)) {
                return file;
            }
        }
        return {};
    }

    std::string active_sha256() const {
        return lifecycle_->status("guest.rolling.a")->active()->info.sha256;
    }

    /// The states that were entered, the oldest first.
    std::vector<std::string> history() const {
        std::vector<std::string> states;
        for (const auto& transition : lifecycle_->history("")) {
            states.insert(states.begin(), std::string(to_string(transition.state)));
        }
        return states;
    }

    PluginState state_of(std::uint64_t generation) const {
        const auto status = lifecycle_->status("guest.rolling.a").value();
        for (const auto& build : status.generations) {
            if (build.info.generation == generation) {
                return build.state;
            }
        }
        return PluginState::discovered;
    }

    tenon::testing::PrivateDirectory files_;
    std::unique_ptr<PluginLifecycle> lifecycle_;
    std::atomic<int> publications_{0};
};

}  // namespace tenon::plugin_host
