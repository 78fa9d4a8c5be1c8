#pragma once

#include "plugin_host/handler.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tenon::corpus {

/// A host that asks every call to stop.
class Stopping : public plugin_host::CallServices {
public:
    std::optional<std::string> result_of(std::string_view /*step_name*/) override { return {}; }

    std::int32_t cancel_reason() const noexcept override { return TENON_CANCEL_DEADLINE; }

    int cancel_descriptor() noexcept override { return -1; }

    plugin_host::CheckpointStatus save_checkpoint(std::string_view /*json*/) override {
        return plugin_host::CheckpointStatus::unavailable;
    }

    bool beat(std::optional<double> /*fraction*/, std::string /*message*/) override {
        return false;
    }

    void log(std::int32_t, std::string_view, std::string_view) override {}
};

}  // namespace tenon::corpus
