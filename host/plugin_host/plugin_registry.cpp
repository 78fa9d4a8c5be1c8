#include "plugin_host/plugin_registry.hpp"

#include "plugin_host/in_process/loaded_generation.hpp"
#include "plugin_host/runner/runner_generation.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <system_error>

namespace tenon::plugin_host {
namespace fs = std::filesystem;

namespace {

// The parts say what is wrong; the registry knows with which file.
Error about(const fs::path& file, const Error& error) {
    return {error.code, fmt::format("{} {}", file.string(), error.detail)};
}

}  // namespace

PluginRegistry::PluginRegistry(Options options)
    : options_(std::move(options)),
      snapshots_(options_.snapshot_directory),
      catalog_(std::make_shared<const Catalog>(options_.mappings)) {
    check_policy(options_.trust).value();
}

std::shared_ptr<const Catalog> PluginRegistry::catalog() const {
    const std::lock_guard lock(publishing_);
    return catalog_;
}

Result<PluginInfo> PluginRegistry::load(const fs::path& file) {
    LoadGate open;
    return load(file, open);
}

Result<PluginInfo> PluginRegistry::load(const fs::path& file, LoadGate& gate) {
    const std::lock_guard lock(loading_);
    auto snapshot = snapshots_.take(file, options_.trust.files);
    if (!snapshot) {
        return snapshot.error();
    }
    const auto current = catalog();
    for (const auto& [id, plugin] : current->plugins()) {
        if (plugin->info().sha256 == snapshot->sha256()) {
            return plugin->info();
        }
    }
    if (const auto authorised = authorise(*snapshot, options_.trust); !authorised) {
        return authorised.error();
    }
    auto loaded = load_snapshot(*std::move(snapshot), gate);
    return loaded ? std::move(loaded) : Result<PluginInfo>(about(file, loaded.error()));
}

Result<PluginInfo> PluginRegistry::load_again(const Snapshot& kept, LoadGate& gate) {
    const std::lock_guard lock(loading_);
    auto snapshot = snapshots_.copy_of(kept);
    if (!snapshot) {
        return snapshot.error();
    }
    auto loaded = load_snapshot(*std::move(snapshot), gate);
    return loaded ? std::move(loaded) : Result<PluginInfo>(about(kept.source(), loaded.error()));
}

Result<Snapshot> PluginRegistry::keep(const Generation& generation) const {
    return snapshots_.keep(generation.snapshot());
}

Result<PluginInfo> PluginRegistry::load_snapshot(Snapshot snapshot, LoadGate& gate) {
    if (const auto passed = gate.snapshotted(snapshot); !passed) {
        return passed.error();
    }
    const auto bytes = snapshot.bytes();
    if (!bytes) {
        return bytes.error();
    }
    const auto manifest = inspect_plugin(*bytes);
    if (!manifest) {
        return manifest.error();
    }
    // By its notes alone, before any of its code runs.
    PluginInfo declared;
    declared.id = manifest->id;
    declared.library = snapshot.source().stem().string();
    declared.callables = manifest->callables;
    if (const auto admitted = catalog()->admit(declared); !admitted) {
        return admitted.error();
    }
    if (const auto passed = gate.inspected(snapshot, *manifest); !passed) {
        return passed.error();
    }
    auto started = start(std::move(snapshot), *manifest);
    if (!started) {
        return started.error();
    }
    // Its number is taken, whatever becomes of it.
    ++generations_;
    gate.loaded(**started);
    const auto generation = owned(*std::move(started));
    auto next = catalog()->with(generation);
    if (!next) {
        return next.error();
    }
    auto published = std::make_shared<const Catalog>(*std::move(next));
    {
        const std::lock_guard lock(publishing_);
        catalog_.swap(published);
    }
    const auto& info = generation->info();
    const auto before = published->plugins().find(info.id);
    const bool replaces = before != published->plugins().end();
    if (replaces) {
        before->second->calls()->replace(CallTally::Clock::now());
    }
    gate.published(*generation, replaces ? before->second->info().generation : 0);
    // The old catalog goes here, outside of the lock: it may unload a plugin.
    return info;
}

Result<std::shared_ptr<Generation>> PluginRegistry::start(
    Snapshot snapshot,
    const PluginManifest& manifest
) {
    const auto widened = [](auto started) -> Result<std::shared_ptr<Generation>> {
        return started ? Result<std::shared_ptr<Generation>>(*std::move(started)) : started.error();
    };
    const auto number = generations_ + 1;
    if (options_.isolation.of(manifest.id, snapshot.sha256()) == Isolation::in_process) {
        return widened(LoadedGeneration::start(std::move(snapshot), manifest, number, options_.log)
        );
    }
    if (!supervisor_) {
        supervisor_ = std::make_shared<RunnerSupervisor>();
    }
    return widened(RunnerGeneration::start(
        std::move(snapshot), manifest, number, {options_.runners, options_.log, supervisor_}
    ));
}

std::shared_ptr<const Generation> PluginRegistry::owned(std::shared_ptr<Generation> generation
) const {
    if (!options_.retire) {
        return generation;
    }
    auto* const address = generation.get();
    return {
        address,
        [last = std::move(generation), retire = options_.retire](const Generation*) mutable {
            retire(std::move(last));
        }
    };
}

std::vector<PluginRegistry::Loaded> PluginRegistry::load_directory(const fs::path& directory) {
    std::error_code problem;
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(directory, problem), end; !problem && entry != end;
         entry.increment(problem)) {
        if (entry->path().extension() == ".so") {
            files.push_back(entry->path());
        }
    }
    if (problem) {
        throw Exception(
            {ErrorCode::not_found,
             fmt::format(
                 "plugin directory {} cannot be read: {}; name another one with --plugins",
                 directory.string(),
                 problem.message()
             )}
        );
    }
    std::ranges::sort(files);
    std::vector<Loaded> loaded;
    loaded.reserve(files.size());
    for (const auto& file : files) {
        loaded.push_back({file, load(file)});
    }
    return loaded;
}

Result<std::shared_ptr<const Handler>> PluginRegistry::resolve(
    std::string_view callable,
    std::string_view method,
    std::string_view hint
) const {
    return catalog()->resolve(callable, method, hint);
}

std::vector<PluginInfo> PluginRegistry::plugins() const {
    std::vector<PluginInfo> infos;
    const auto current = catalog();
    for (const auto& [id, plugin] : current->plugins()) {
        infos.push_back(plugin->info());
    }
    return infos;
}

}  // namespace tenon::plugin_host
