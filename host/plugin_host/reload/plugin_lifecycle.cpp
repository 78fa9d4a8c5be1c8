#include "plugin_host/reload/plugin_lifecycle.hpp"

#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"
#include "plugin_host/crash/alternate_stack.hpp"

#include <algorithm>
#include <exception>
#include <fmt/format.h>
#include <ranges>
#include <utility>

namespace tenon::plugin_host {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view component = "plugins";

std::chrono::milliseconds age_of(const GenerationStatus& build) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now() - build.since
    );
}

Error no_such_plugin(const std::string& plugin_id, const std::vector<PluginInfo>& loaded) {
    std::string ids;
    for (const auto& plugin : loaded) {
        ids += (ids.empty() ? "" : ", ") + plugin.id;
    }
    return Error{
        ErrorCode::not_found,
        fmt::format("no plugin {} is loaded; loaded are {}", plugin_id, ids.empty() ? "none" : ids)
    };
}

}  // namespace

PluginLifecycle::PluginLifecycle(Options options)
    : options_(std::move(options)),
      history_(options_.history),
      quarantine_(options_.state_directory),
      watch_(options_.folders, options_.watch),
      inbox_(std::make_shared<ReloadInbox>(watch_)),
      retirement_(std::make_shared<Retirement>(
          options_.quiesce,
          [this](const auto& ending) { retired(ending); }
      )),
      registry_([&] {
          auto registry = options_.registry;
          registry.retire = [retirement = retirement_](std::shared_ptr<Generation> generation) {
              retirement->take(std::move(generation));
          };
          return registry;
      }()),
      shelf_(options_.kept_builds) {}

PluginLifecycle::~PluginLifecycle() {
    stop();
}

std::vector<PluginRegistry::Loaded> PluginLifecycle::load_folders() {
    watch_.check();
    return reload_now(std::nullopt, ReloadTrigger::start);
}

void PluginLifecycle::start(Observers observers) {
    observers_ = std::move(observers);
    thread_ = std::thread([this] { run(); });
}

void PluginLifecycle::stop() {
    inbox_->close();
    if (thread_.joinable()) {
        thread_.join();
    }
    retirement_->stop();
}

void PluginLifecycle::run() {
    const AlternateStack stack;
    while (!inbox_->closed()) {
        try {
            if (watch_.wait()) {
                look_at_folders();
                judge_fresh_builds();
            }
            for (const auto& work : inbox_->take()) {
                work();
            }
            if (inbox_->take_faults()) {
                judge_fresh_builds();
            }
        } catch (const std::exception& error) {
            log::error(component, error.what());
        }
    }
}

std::vector<PluginRegistry::Loaded> PluginLifecycle::reload(std::optional<fs::path> file) {
    if (file) {
        file = watch_.find(*file);
    }
    return inbox_->ask([this, file] { return reload_now(file, ReloadTrigger::request); });
}

void PluginLifecycle::reload_soon() {
    inbox_->post([this] { reload_now(std::nullopt, ReloadTrigger::signal); });
}

Result<PluginInfo> PluginLifecycle::rollback(const std::string& plugin_id) {
    return inbox_->ask([this, plugin_id] { return go_back(plugin_id, ReloadTrigger::rollback); });
}

std::vector<std::string> PluginLifecycle::quarantine(
    const std::string& sha256,
    const std::string& reason
) {
    return inbox_->ask([this, sha256, reason] { return quarantine_now(sha256, reason); });
}

bool PluginLifecycle::release(const std::string& sha256) {
    return quarantine_.release(sha256);
}

PluginsStatus PluginLifecycle::status() const {
    PluginsStatus status{
        .plugins = book_.plugins(),
        .files = {},
        .quarantine = quarantine_.list(),
        .transitions = history_.counts(),
        .folders = options_.folders,
        .hears_changes = watch_.hears()
    };
    for (auto& plugin : status.plugins) {
        complete(plugin);
    }
    const std::lock_guard lock(mutex_);
    for (const auto& file : std::views::values(files_)) {
        status.files.push_back(file);
    }
    return status;
}

std::optional<PluginStatus> PluginLifecycle::status(const std::string& plugin_id) const {
    for (auto& plugin : book_.plugins()) {
        if (plugin.id == plugin_id) {
            complete(plugin);
            return std::move(plugin);
        }
    }
    return std::nullopt;
}

void PluginLifecycle::complete(PluginStatus& plugin) const {
    plugin.pinned = retirement_->pinned(plugin.id);
    for (auto& build : plugin.generations) {
        build.on_probation =
            build.on_probation && judge_probation(build.calls, age_of(build), options_.probation) ==
                                      ProbationVerdict::ongoing;
    }
    const std::lock_guard lock(mutex_);
    const auto known = can_go_back_.find(plugin.id);
    plugin.can_go_back = known == can_go_back_.end() ? 0 : known->second;
}

// Files whose content was seen already are left alone, also those that were refused or rolled back.
void PluginLifecycle::look_at_folders() {
    const auto files = watch_.files();
    for (const auto& file : files) {
        if (watch_.being_written(file)) {
            continue;
        }
        const auto version = FileVersion::of(file);
        if (auto& seen = seen_[file]; seen != version) {
            seen = version;
            load(file, ReloadTrigger::watcher);
        }
    }
    forget_missing(files);
    tell_published();
}

void PluginLifecycle::forget_missing(const std::vector<fs::path>& files) {
    std::erase_if(seen_, [&](const auto& entry) {
        if (std::ranges::find(files, entry.first) != files.end()) {
            return false;
        }
        log::info(component, entry.first.string() + " is gone; what was loaded from it stays");
        const std::lock_guard lock(mutex_);
        files_.erase(entry.first);
        return true;
    });
}

std::vector<PluginRegistry::Loaded> PluginLifecycle::reload_now(
    const std::optional<fs::path>& file,
    ReloadTrigger trigger
) {
    const auto files = file ? std::vector{*file} : watch_.files();
    std::vector<PluginRegistry::Loaded> loaded;
    loaded.reserve(files.size());
    by_name_ = file.has_value();
    for (const auto& each : files) {
        seen_[each] = FileVersion::of(each);
        loaded.push_back({each, load(each, trigger)});
    }
    by_name_ = false;
    tell_published();
    return loaded;
}

Result<PluginInfo> PluginLifecycle::load(const fs::path& file, ReloadTrigger trigger) {
    current_ = {.trigger = trigger, .file = file};
    auto result = try_load([&] { return registry_.load(file, *this); });
    if (!result && is_retryable(result.error().code)) {
        seen_.erase(file);  // The next look tries it again.
    }
    settle_file(file, result);
    return result;
}

Result<PluginInfo> PluginLifecycle::try_load(const std::function<Result<PluginInfo>()>& attempt) {
    refused_as_ = PluginState::rejected;
    keeps_mapped_.clear();
    auto result = [&]() -> Result<PluginInfo> {
        try {
            return attempt();
        } catch (const Exception& error) {
            return Error{error.code(), error.what()};
        } catch (const std::exception& error) {
            return Error{ErrorCode::unavailable, error.what()};
        }
    }();
    if (!result) {
        if (current_.sha256.empty()) {
            note(PluginState::discovered);
        }
        note(refused_as_, result.error().detail);
    }
    return result;
}

Result<void> PluginLifecycle::snapshotted(const Snapshot& copy) {
    note(PluginState::discovered);
    current_.sha256 = copy.sha256();
    note(PluginState::snapshotted);
    if (const auto known = quarantine_.find(copy.sha256())) {
        refused_as_ = PluginState::quarantined;
        return Error{
            ErrorCode::conflict,
            fmt::format(
                "is in quarantine since {} ({}): build it anew, or release it with "
                "tenon plugin quarantine --release {}",
                known->since,
                known->reason,
                known->sha256
            )
        };
    }
    const auto given_up = given_up_.find(current_.file);
    if (!by_name_ && !going_back() && given_up != given_up_.end() &&
        given_up->second == copy.sha256()) {
        return Error{
            ErrorCode::conflict,
            "is the build that was rolled back: ask for it with tenon plugin reload " +
                current_.file.filename().string()
        };
    }
    return {};
}

Result<void> PluginLifecycle::inspected(const Snapshot& copy, const PluginManifest& manifest) {
    current_.plugin_id = manifest.id;
    current_.version = manifest.version;
    note(PluginState::inspected);
    const bool stays_out =
        options_.registry.isolation.of(manifest.id, copy.sha256()) == Isolation::process;
    if (const auto pinned = retirement_->pinned(manifest.id);
        pinned >= options_.most_pinned && !stays_out) {
        return Error{
            ErrorCode::unavailable,
            fmt::format(
                "is not loaded, because {} old builds of {} cannot leave the memory (the limit is "
                "{}): restart the host, or give the plugin processes of its own with "
                "--plugin-isolation {}=process",
                pinned,
                manifest.id,
                options_.most_pinned,
                manifest.id
            )
        };
    }
    if (!options_.trial) {
        return {};
    }
    const auto trial = options_.trial->run(copy);
    if (!trial) {
        return trial.error();
    }
    keeps_mapped_ = trial->keeps_mapped;
    note(PluginState::scouted, keeps_mapped_);
    return {};
}

void PluginLifecycle::loaded(Generation& generation) {
    const auto& info = generation.info();
    current_.plugin_id = info.id;
    current_.version = info.version;
    current_.generation = info.generation;
    if (!keeps_mapped_.empty() && info.isolation == Isolation::in_process) {
        retirement_->pin(info.generation, keeps_mapped_);
    }
    const bool proven =
        current_.trigger == ReloadTrigger::rollback || current_.trigger == ReloadTrigger::probation;
    if (!proven && book_.active(info.id)) {
        generation.calls()->watch([inbox = inbox_] { inbox->fault(); });
    }
    book_.open(generation);
    note(PluginState::loaded);
}

void PluginLifecycle::published(const Generation& generation, std::uint64_t before) {
    const auto& info = generation.info();
    if (const auto old = book_.find(before)) {
        book_.enter(before, PluginState::draining);
        note_of(*old, PluginState::draining);
    }
    book_.enter(info.generation, PluginState::active);
    note(PluginState::active);
    news_ = true;
    if (going_back()) {
        shelf_.back_to(info.id, info.sha256);
    } else {
        given_up_.erase(info.file);
        if (auto kept = registry_.keep(generation)) {
            shelf_.put(info.id, {*std::move(kept), info.version});
        } else {
            log::warning(component, "it cannot be rolled back to: " + kept.error().detail);
        }
    }
    const std::lock_guard lock(mutex_);
    can_go_back_[info.id] = shelf_.under_top(info.id);
}

Result<PluginInfo> PluginLifecycle::go_back(const std::string& plugin_id, ReloadTrigger trigger) {
    const auto active = book_.active(plugin_id);
    if (!active) {
        return no_such_plugin(plugin_id, registry_.plugins());
    }
    const auto* build = earlier_build(plugin_id);
    if (build == nullptr) {
        return Error{
            ErrorCode::conflict,
            fmt::format(
                "no earlier build of {} is kept that could be active again: deploy one", plugin_id
            )
        };
    }
    const auto file = active->info.file;
    current_ = {.trigger = trigger, .file = file};
    auto result = try_load([&] { return registry_.load_again(build->copy, *this); });
    if (result) {
        given_up_[file] = active->info.sha256;
    }
    tell_published();
    return result;
}

const ShelvedBuild* PluginLifecycle::earlier_build(const std::string& plugin_id) const {
    return shelf_.previous(plugin_id, [this](const auto& sha256) {
        return !quarantine_.find(sha256);
    });
}

std::vector<std::string> PluginLifecycle::quarantine_now(
    const std::string& sha256,
    const std::string& reason
) {
    std::optional<GenerationStatus> known;
    for (const auto& plugin : book_.plugins()) {
        const auto found = std::ranges::find_if(plugin.generations, [&](const auto& build) {
            return build.info.sha256 == sha256;
        });
        known = found == plugin.generations.end() ? known : std::optional(*found);
    }
    quarantine_.add(sha256, known ? known->info.id : "", reason);
    std::vector<std::string> still_active;
    if (!known) {
        history_.add(
            {.state = PluginState::quarantined,
             .trigger = ReloadTrigger::request,
             .sha256 = sha256,
             .reason = reason}
        );
        return still_active;
    }
    note_of(*known, PluginState::quarantined, reason);
    const auto active = book_.active(known->info.id);
    if (active && active->info.sha256 == sha256 &&
        !go_back(known->info.id, ReloadTrigger::rollback)) {
        still_active.push_back(known->info.id);
    }
    return still_active;
}

void PluginLifecycle::judge_fresh_builds() {
    for (const auto& build : book_.on_probation()) {
        const auto verdict = judge_probation(build.calls, age_of(build), options_.probation);
        if (verdict == ProbationVerdict::failed) {
            dismiss(build);
        } else if (verdict == ProbationVerdict::passed) {
            book_.end_probation(build.info.generation);
        }
    }
}

void PluginLifecycle::dismiss(const GenerationStatus& build) {
    book_.end_probation(build.info.generation);
    const auto reason = fmt::format(
        "{} of its first {} calls failed by its own fault", build.calls.faults, build.calls.calls
    );
    const auto* before = earlier_build(build.info.id);
    if (before == nullptr) {
        log::error(
            component,
            build.info.id + ": " + reason + "; it stays active, for there is no build to go back to"
        );
        return;
    }
    // First, so that a host that dies now does not begin with it again.
    try {
        quarantine_.add(build.info.sha256, build.info.id, reason);
    } catch (const Exception& error) {
        log::error(component, error.what());
    }
    note_of(build, PluginState::quarantined, reason);
    if (const auto back = go_back(build.info.id, ReloadTrigger::probation); !back) {
        log::error(component, build.info.id + " stays active: " + back.error().detail);
    }
}

void PluginLifecycle::retired(const Retirement::Ending& ending) {
    const auto state =
        ending.pinned.empty() ? PluginState::retired_closed : PluginState::retired_pinned;
    if (const auto build = book_.find(ending.generation)) {
        book_.enter(ending.generation, state, ending.pinned);
        note_of(*build, state, ending.pinned);
    }
}

void PluginLifecycle::note(PluginState state, std::string reason) {
    auto transition = current_;
    transition.state = state;
    transition.reason = std::move(reason);
    history_.add(std::move(transition));
}

void PluginLifecycle::note_of(
    const GenerationStatus& build,
    PluginState state,
    std::string reason
) {
    history_.add(
        {.state = state,
         .file = build.info.file,
         .sha256 = build.info.sha256,
         .plugin_id = build.info.id,
         .version = build.info.version,
         .generation = build.info.generation,
         .reason = std::move(reason)}
    );
}

void PluginLifecycle::settle_file(const fs::path& file, const Result<PluginInfo>& result) {
    FileStatus status{
        .file = file,
        .state = result ? PluginState::active : refused_as_,
        .sha256 = result ? result->sha256 : current_.sha256,
        .reason = result ? "" : result.error().detail,
        .at = std::chrono::system_clock::now()
    };
    const std::lock_guard lock(mutex_);
    files_.insert_or_assign(file, std::move(status));
}

void PluginLifecycle::tell_published() {
    if (!std::exchange(news_, false) || !observers_.published) {
        return;
    }
    try {
        observers_.published();
    } catch (const std::exception& error) {
        log::warning(component, std::string("templates were not refreshed: ") + error.what());
    }
}

}  // namespace tenon::plugin_host
