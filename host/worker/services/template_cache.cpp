#include "worker/services/template_cache.hpp"

#include "foundation/error.hpp"

#include <utility>

namespace tenon::worker {

std::shared_ptr<const RunnableTemplate> TemplateCache::get(TemplateId id) {
    {
        const std::scoped_lock lock(mutex_);
        if (const auto known = templates_.find(id); known != templates_.end()) {
            return known->second;
        }
    }
    auto loaded = load(id);
    const std::scoped_lock lock(mutex_);
    return templates_.try_emplace(id, std::move(loaded)).first->second;
}

void TemplateCache::clear() {
    const std::scoped_lock lock(mutex_);
    templates_.clear();
}

std::shared_ptr<const RunnableTemplate> TemplateCache::load(TemplateId id) {
    const auto definition = repository_.definition(id);
    if (!definition) {
        const auto number = std::to_string(static_cast<std::int32_t>(id));
        throw Exception({ErrorCode::not_found, "template " + number + " is not registered"});
    }
    auto compiled = template_from_definition(*definition).value();
    std::vector<std::shared_ptr<const plugin_host::Handler>> handlers;
    std::vector<std::string> unresolved;
    for (std::size_t number = 1; number <= compiled.step_count(); ++number) {
        const auto& step = compiled.step(static_cast<StepNo>(number));
        auto handler = plugins_.resolve(step.callable, step.method);
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
