#include "plugin_host/catalog.hpp"

#include "foundation/suggestion.hpp"
#include "plugin_host/inspection/plugin_rule.hpp"

#include <algorithm>
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
    next.declared_ = declared_;
    std::erase_if(next.declared_, belongs_to_plugin);
    next.symbols_ = symbols_;
    std::erase_if(next.symbols_, belongs_to_plugin);
    next.add_handlers(generation);
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
        if (owner != nullptr && owner->id != plugin.id) {
            return refuse(
                PluginRule::callable_taken,
                fmt::format(
                    "(plugin {}) declares {}, which plugin {} ({}) already provides",
                    plugin.id,
                    callable,
                    owner->id,
                    owner->file.string()
                ),
                "rename one"
            );
        }
    }
    return {};
}

void Catalog::add_handlers(const std::shared_ptr<const Generation>& generation) {
    for (const auto* descriptor : generation->handlers()) {
        auto handler = std::make_shared<const Handler>(generation, *descriptor);
        declared_.emplace(handler->callable(), handler);
    }
    for (const auto& symbol : generation->step_symbols()) {
        auto name = fmt::format("{}#{}", generation->info().library, symbol);
        auto handler =
            std::make_shared<const Handler>(generation, name, generation->step_function(symbol));
        symbols_.emplace(std::move(name), std::move(handler));
    }
}

Result<std::shared_ptr<const Handler>> Catalog::resolve(
    std::string_view callable,
    std::string_view method
) const {
    const auto mapping = mappings_.find(callable);
    const std::string_view target = mapping == mappings_.end() ? callable : mapping->second;
    auto found = declared_.find(target);
    if (found == declared_.end()) {
        found = symbols_.find(target);
        if (found == symbols_.end()) {
            return unknown(callable, target);
        }
    }
    const auto& handler = found->second;
    if (!handler->serves(method)) {
        return Error{
            ErrorCode::not_found,
            fmt::format(
                "{} has no method {}: it has {}",
                target,
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
