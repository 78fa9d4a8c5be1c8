#include "plugin_host/catalog.hpp"

#include "foundation/suggestion.hpp"
#include "plugin_host/inspection/plugin_rule.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <ranges>

namespace tenon::plugin_host {

Catalog::Catalog(CallableMappings mappings) : mappings_(std::move(mappings)) {}

Result<Catalog> Catalog::with(const std::shared_ptr<const Generation>& generation) const {
    if (const auto checked = admit(generation->info()); !checked) {
        return checked.error();
    }
    Catalog next(mappings_);
    next.plugins_ = plugins_;
    next.plugins_.insert_or_assign(generation->info().id, generation);
    const auto belongs_to_plugin = [&generation](const auto& entry) {
        return entry.second->generation().info().id == generation->info().id;
    };
    next.by_plugin_ = by_plugin_;
    next.symbols_ = symbols_;
    std::erase_if(next.symbols_, belongs_to_plugin);
    next.add_handlers(generation);
    next.index_callables();
    return next;
}

Result<void> Catalog::admit(const PluginInfo& plugin) const {
    const auto refuse = [](PluginRule rule, std::string what, std::string fix) {
        return Error{ErrorCode::conflict, to_error({rule, std::move(what), std::move(fix)}).detail};
    };
    for (const auto& [id, other] : plugins_) {
        const auto& known = other->info();
        if (id == plugin.id && known.library != plugin.library) {
            return refuse(
                PluginRule::id_taken,
                fmt::format("has the id {} of {}", id, known.file.string()),
                "remove one of the two files"
            );
        }
        if (id != plugin.id && known.library == plugin.library) {
            return refuse(
                PluginRule::file_name_taken,
                fmt::format("has the file name of {}, which is plugin {}", known.file.string(), id),
                "rename one"
            );
        }
    }
    for (const auto& callable : plugin.callables) {
        const auto found = declared_.find(callable);
        const auto* owner =
            found == declared_.end() ? nullptr : &found->second->generation().info();
        const auto mapping = mappings_.find(callable);
        const bool settled = mapping != mappings_.end() && owner != nullptr &&
                             (mapping->second == owner->id || mapping->second == plugin.id);
        if (owner != nullptr && owner->id != plugin.id && !settled) {
            return refuse(
                PluginRule::callable_taken,
                fmt::format(
                    "(plugin {}) declares {}, which plugin {} ({}) already provides",
                    plugin.id,
                    callable,
                    owner->id,
                    owner->file.string()
                ),
                fmt::format("rename one, or say whose it is with --map {}=PLUGIN_ID", callable)
            );
        }
    }
    return {};
}

void Catalog::add_handlers(const std::shared_ptr<const Generation>& generation) {
    auto& own = by_plugin_[generation->info().id];
    own.clear();
    const auto made = generation->handlers(generation);
    for (const auto& handler : made.declared) {
        own.emplace(handler->callable(), handler);
    }
    for (const auto& handler : made.functions) {
        symbols_.emplace(handler->callable(), handler);
    }
}

// In the order of ids, so that the same plugins make the same catalog however they came.
void Catalog::index_callables() {
    declared_.clear();
    for (const auto& [id, handlers] : by_plugin_) {
        for (const auto& [callable, handler] : handlers) {
            const auto* owner = mapped_owner(callable);
            if (owner == nullptr || owner->id == id) {
                declared_.emplace(callable, handler);
            }
        }
    }
}

// The loaded plugin that a mapping gives `callable` to, if it has it.
const PluginInfo* Catalog::mapped_owner(std::string_view callable) const {
    const auto mapping = mappings_.find(callable);
    const auto owner =
        mapping == mappings_.end() ? by_plugin_.end() : by_plugin_.find(mapping->second);
    return owner != by_plugin_.end() && owner->second.contains(callable)
               ? &plugins_.find(owner->first)->second->info()
               : nullptr;
}

Result<std::shared_ptr<const Handler>> Catalog::find(
    std::string_view callable,
    std::string_view hint
) const {
    const auto look = [](const HandlerMap& handlers, std::string_view name) {
        const auto found = handlers.find(name);
        return found == handlers.end() ? nullptr : found->second;
    };
    if (const auto plugin = by_plugin_.find(hint); plugin != by_plugin_.end()) {
        const auto handler = look(plugin->second, callable);
        return handler != nullptr ? Result<std::shared_ptr<const Handler>>(handler)
                                  : unknown(callable, callable);
    }
    const auto mapping = mappings_.find(callable);
    const bool mapped = mapping != mappings_.end() && (hint.empty() || hint == "mapping");
    const bool to_plugin = mapped && mapped_owner(callable) != nullptr;
    const std::string_view target = mapped && !to_plugin ? mapping->second : callable;
    std::shared_ptr<const Handler> handler;
    if (hint.empty() || hint == "declared" || mapped) {
        handler = look(declared_, target);
    }
    if (handler == nullptr && (hint.empty() || hint == "symbol" || mapped)) {
        handler = look(symbols_, target);
    }
    return handler != nullptr ? Result<std::shared_ptr<const Handler>>(handler)
                              : unknown(callable, target);
}

Result<std::shared_ptr<const Handler>> Catalog::resolve(
    std::string_view callable,
    std::string_view method,
    std::string_view hint
) const {
    static constexpr std::array<std::string_view, 4> parts{"", "mapping", "declared", "symbol"};
    if (std::ranges::find(parts, hint) == parts.end() && !by_plugin_.contains(hint)) {
        return Error{
            ErrorCode::not_found,
            fmt::format(
                "{} asks for the resolver '{}', which is neither mapping, declared, symbol nor the "
                "id of a loaded plugin",
                callable,
                hint
            )
        };
    }
    const auto found = find(callable, hint);
    if (!found) {
        return found.error();
    }
    const auto& handler = *found;
    if (!handler->serves(method)) {
        return Error{
            ErrorCode::not_found,
            fmt::format(
                "{} has no method {}: it has {}",
                handler->callable(),
                method,
                fmt::join(handler->methods(), ", ")
            )
        };
    }
    return handler;
}

Error Catalog::unknown(std::string_view asked, std::string_view callable) const {
    std::vector<std::string_view> names;
    for (const auto* handlers : {&declared_, &symbols_}) {
        std::ranges::copy(std::views::keys(*handlers), std::back_inserter(names));
    }
    const auto through =
        asked == callable ? std::string{} : fmt::format(" (mapped from {})", asked);
    std::string known = "none is loaded; load the plugin that declares it";
    if (!plugins_.empty()) {
        known = fmt::format("loaded are {}", fmt::join(std::views::keys(plugins_), ", "));
    }
    return Error{
        ErrorCode::not_found,
        fmt::format(
            "no plugin provides {}{}{}: {}", callable, through, did_you_mean(callable, names), known
        )
    };
}

}  // namespace tenon::plugin_host
