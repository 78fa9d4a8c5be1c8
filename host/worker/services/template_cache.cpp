#include "worker/services/template_cache.hpp"

#include "foundation/error.hpp"

#include <utility>

namespace tenon::worker {

TemplateCache::Entry TemplateCache::get(TemplateId id) {
    while (true) {
        std::uint64_t refreshes = 0;
        {
            const std::scoped_lock lock(mutex_);
            if (const auto known = templates_.find(id); known != templates_.end()) {
                return known->second;
            }
            refreshes = refreshes_;
        }
        auto loaded = load(id);
        const std::scoped_lock lock(mutex_);
        if (refreshes == refreshes_) {
            return templates_.try_emplace(id, std::move(loaded)).first->second;
        }
    }
}

std::size_t TemplateCache::refresh(const std::optional<std::string>& namespace_name) {
    std::vector<std::pair<TemplateId, Entry>> entries;
    {
        const std::scoped_lock lock(mutex_);
        ++refreshes_;
        for (const auto& [id, entry] : templates_) {
            const auto& source = entry->compiled.source();
            if (!namespace_name || source.namespace_name == *namespace_name) {
                entries.emplace_back(id, entry);
            }
        }
    }
    for (auto& [id, entry] : entries) {
        entry = resolve(entry->compiled);
    }
    const std::scoped_lock lock(mutex_);
    for (auto& [id, entry] : entries) {
        templates_.insert_or_assign(id, std::move(entry));
    }
    return entries.size();
}

std::size_t TemplateCache::size() const {
    const std::scoped_lock lock(mutex_);
    return templates_.size();
}

TemplateCache::Entry TemplateCache::load(TemplateId id) const {
    const auto definition = repository_.definition(id);
    if (!definition) {
        const auto number = std::to_string(static_cast<std::int32_t>(id));
        throw Exception({ErrorCode::not_found, "template " + number + " is not registered"});
    }
    return resolve(template_from_definition(*definition).value());
}

TemplateCache::Entry TemplateCache::resolve(CompiledTemplate compiled) const {
    std::vector<std::shared_ptr<const plugin_host::Handler>> handlers;
    std::vector<std::string> unresolved;
    for (std::size_t number = 1; number <= compiled.step_count(); ++number) {
        const auto& step = compiled.step(static_cast<StepNo>(number));
        auto handler = plugins_.resolve(step.callable, step.method, step.resolver);
        if (handler) {
            handlers.push_back(*std::move(handler));
        } else {
            handlers.emplace_back();
            unresolved.push_back("step " + step.name + ": " + handler.error().detail);
        }
    }
    return std::make_shared<const RunnableTemplate>(
        RunnableTemplate{std::move(compiled), std::move(handlers), std::move(unresolved)}
    );
}

}  // namespace tenon::worker
