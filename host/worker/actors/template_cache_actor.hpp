#pragma once

#include "worker/commands/template_cache_command.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>
#include <utility>

namespace tenon::worker {

namespace asio = boost::asio;

/// Owns what this worker knows of templates. [any-thread]
class TemplateCacheActor {
public:
    /// The service must outlive the actor.
    explicit TemplateCacheActor(TemplateRefreshService& templates) : templates_(templates) {}

    static std::string_view name() noexcept { return "TemplateCacheActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    asio::awaitable<TemplateRefresh> handle(RefreshTemplateCache command) {
        return templates_.refresh(std::move(command.namespace_name));
    }

    asio::awaitable<std::shared_ptr<const RunnableTemplate>> handle(GetTemplate command) {
        return templates_.find(std::move(command.key));
    }

    std::shared_ptr<const TemplateReport> handle(GetTemplateReport /*command*/) {
        return templates_.report();
    }

private:
    TemplateRefreshService& templates_;
};

}  // namespace tenon::worker
