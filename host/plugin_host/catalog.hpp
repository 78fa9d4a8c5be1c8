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

/// Callables the operator redirects: from the name a template uses to another callable, or to
/// `library#symbol`.
using CallableMappings = std::map<std::string, std::string, std::less<>>;

/// Everything that can be called at one moment. Immutable once published: a new plugin makes a
/// new catalog. [any-thread]
class Catalog {
public:
    explicit Catalog(CallableMappings mappings);

    /// Whether `plugin` could be added: its callables, its file name and its id belong to no other
    /// plugin. The error names both.
    Result<void> admit(const PluginInfo& plugin) const;

    /// This catalog with `generation` added, in the place of an older one of the same plugin.
    /// Fails as `admit` does.
    Result<Catalog> with(const std::shared_ptr<const Generation>& generation) const;

    /// The handler of `callable`: what the mappings say, else what a plugin declares, else the
    /// function `library#symbol`. The error names what comes close.
    Result<std::shared_ptr<const Handler>> resolve(
        std::string_view callable,
        std::string_view method
    ) const;

    /// The plugins, in the order of their ids.
    const std::map<std::string, std::shared_ptr<const Generation>, std::less<>>& plugins() const {
        return plugins_;
    }

private:
    using HandlerMap = std::map<std::string, std::shared_ptr<const Handler>, std::less<>>;

    void add_handlers(const std::shared_ptr<const Generation>& generation);
    Error unknown(std::string_view asked, std::string_view callable) const;

    CallableMappings mappings_;
    std::map<std::string, std::shared_ptr<const Generation>, std::less<>> plugins_;
    HandlerMap declared_;
    HandlerMap symbols_;  // By `library#symbol`.
};

}  // namespace tenon::plugin_host
