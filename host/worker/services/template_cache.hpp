#pragma once

#include "database/repositories/template_repository.hpp"
#include "domain/template/compiled_template.hpp"
#include "plugin_host/handler.hpp"
#include "plugin_host/plugin_registry.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tenon::worker {

/// A template as this worker can run it: every step with the handler its callable resolved to.
struct RunnableTemplate {
    CompiledTemplate compiled;
    std::vector<std::shared_ptr<const plugin_host::Handler>> handlers;  ///< By step number − 1.
    std::vector<std::string> unresolved;  ///< One sentence per callable that nothing implements.

    bool runnable() const { return unresolved.empty(); }
};

/// Templates by id, loaded from the database on first use and resolved against the loaded plugins.
/// Registered templates never change, so an entry stays; what its callables resolve to changes with
/// `refresh`. [any-thread] A miss blocks.
class TemplateCache {
public:
    TemplateCache(
        database::TemplateRepository& repository,
        const plugin_host::PluginRegistry& plugins
    )
        : repository_(repository), plugins_(plugins) {}

    /// Throws `not_found` for an id that is not registered, `invalid_input` for a definition that
    /// this version cannot read.
    std::shared_ptr<const RunnableTemplate> get(TemplateId id);

    /// Resolves the entries of one namespace, or all, against the plugins that are loaded now, and
    /// returns how many there are. Does not ask the database, so that it costs no step when that
    /// is away.
    std::size_t refresh(const std::optional<std::string>& namespace_name = std::nullopt);

    /// How many templates it holds.
    std::size_t size() const;

private:
    using Entry = std::shared_ptr<const RunnableTemplate>;

    Entry load(TemplateId id) const;
    Entry resolve(CompiledTemplate compiled) const;

    database::TemplateRepository& repository_;
    const plugin_host::PluginRegistry& plugins_;
    mutable std::mutex mutex_;
    std::unordered_map<TemplateId, Entry> templates_;
    std::uint64_t refreshes_ = 0;  ///< What was resolved before the last one is out of date.
};

}  // namespace tenon::worker
