#pragma once

#include "database/repositories/template_repository.hpp"
#include "domain/template/compiled_template.hpp"
#include "plugin_host/handler.hpp"
#include "plugin_host/plugin_registry.hpp"

#include <memory>
#include <mutex>
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
/// Registered templates never change, so an entry stays until `clear`. [any-thread] A miss blocks.
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

    /// Forgets everything: the next use resolves anew.
    void clear();

private:
    std::shared_ptr<const RunnableTemplate> load(TemplateId id);

    database::TemplateRepository& repository_;
    const plugin_host::PluginRegistry& plugins_;
    std::mutex mutex_;
    std::unordered_map<TemplateId, std::shared_ptr<const RunnableTemplate>> templates_;
};

}  // namespace tenon::worker
