#pragma once

#include "foundation/result.hpp"
#include "plugin_host/generation.hpp"
#include "plugin_host/handler.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin_host {

/// Callables the operator redirects: from the name a template uses to another callable, to
/// `library#symbol`, or to the id of the plugin that has it, which settles who of several does.
using CallableMappings = std::map<std::string, std::string, std::less<>>;

/// Everything that can be called at one moment. Immutable once published: a new plugin makes a
/// new catalog. [any-thread]
class Catalog {
public:
    explicit Catalog(CallableMappings mappings);

    /// Whether `plugin` could be added: its file name and its id belong to no other plugin, and a
    /// callable only where a mapping says whose it is. The error names both.
    Result<void> admit(const PluginInfo& plugin) const;

    /// This catalog with `generation` added, in the place of an older one of the same plugin.
    /// Fails as `admit` does.
    Result<Catalog> with(const std::shared_ptr<const Generation>& generation) const;

    /// The handler of `callable`: what the mappings say, else what a plugin declares, else the
    /// function `library#symbol`. A `hint` keeps to one part of that chain: `mapping`, `declared`,
    /// `symbol`, or the id of a plugin. The error names what comes close.
    Result<std::shared_ptr<const Handler>> resolve(
        std::string_view callable,
        std::string_view method,
        std::string_view hint = {}
    ) const;

    /// The plugins, in the order of their ids.
    const std::map<std::string, std::shared_ptr<const Generation>, std::less<>>& plugins() const {
        return plugins_;
    }

private:
    using HandlerMap = std::map<std::string, std::shared_ptr<const Handler>, std::less<>>;

    void add_handlers(const std::shared_ptr<const Generation>& generation);
    void index_callables();
    const PluginInfo* mapped_owner(std::string_view callable) const;
    Result<std::shared_ptr<const Handler>> find(std::string_view callable, std::string_view hint)
        const;
    Error unknown(std::string_view asked, std::string_view callable) const;

    CallableMappings mappings_;
    std::map<std::string, std::shared_ptr<const Generation>, std::less<>> plugins_;
    std::map<std::string, HandlerMap, std::less<>>
        by_plugin_;        // All that each declares, by its id.
    HandlerMap declared_;  // Those of them that have the callable.
    HandlerMap symbols_;   // By `library#symbol`.
};

}  // namespace tenon::plugin_host
