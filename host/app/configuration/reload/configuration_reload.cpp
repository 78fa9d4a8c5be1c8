#include "app/configuration/reload/configuration_reload.hpp"

#include "foundation/telemetry/log.hpp"

#include <fmt/format.h>
#include <utility>

namespace tenon::app {
namespace {

constexpr std::string_view component = "configuration";

std::string text_of(const Key& key, const Configuration::Setting& setting) {
    return setting.value ? to_toml(key, redacted(key, *setting.value)) : "unset";
}

std::string_view number_word(std::size_t count) {
    return count == 1 ? "key" : "keys";
}

}  // namespace

std::string Change::to_string() const {
    return fmt::format("{}: {} → {}", (*key).name, before, after);
}

std::vector<Change> changes_between(const Configuration& before, const Configuration& after) {
    std::vector<Change> changes;
    for (std::size_t i = 0; i < key_count; ++i) {
        const KeyId id{i};
        const auto& old = before.setting(id);
        const auto& now = after.setting(id);
        if (old.value != now.value) {
            changes.push_back({id, text_of(*id, old), text_of(*id, now)});
        }
    }
    return changes;
}

ConfigurationReload::ConfigurationReload(
    ConfigurationSources sources,
    Configuration current,
    TakeOn take_on
)
    : sources_(std::move(sources)), current_(std::move(current)), take_on_(std::move(take_on)) {}

bool ConfigurationReload::reload() {
    const auto loaded = load_configuration(sources_);
    if (has_errors(loaded.problems)) {
        for (const auto& problem : loaded.problems) {
            log::error(component, problem.to_string());
        }
        log::error(component, "not reloaded: nothing of it is taken on until all of it is right");
        return false;
    }
    std::size_t taken = 0;
    std::size_t waiting = 0;
    for (const auto& change : changes_between(current_, loaded.configuration)) {
        if ((*change.key).reload == Reload::sighup) {
            log::info(component, change.to_string());
            current_.restore(change.key, loaded.configuration.setting(change.key));
            take_on_(change.key, current_);
            ++taken;
        } else {
            log::warning(component, change.to_string() + ": needs a restart");
            ++waiting;
        }
    }
    log::info(
        component,
        fmt::format(
            "reloaded: {} {} taken on, {} {} waiting for a restart",
            taken,
            number_word(taken),
            waiting,
            number_word(waiting)
        )
    );
    return true;
}

}  // namespace tenon::app
