#pragma once

#include "database/repositories/template_repository.hpp"
#include "foundation/runtime/blocking_pool.hpp"
#include "plugin_host/plugin_registry.hpp"
#include "worker/dispatch/permits.hpp"
#include "worker/services/step_execution/queue_watch.hpp"
#include "worker/services/template_cache.hpp"
#include "worker/services/templates/template_gate.hpp"
#include "worker/services/templates/template_report.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

namespace tenon::worker {

namespace asio = boost::asio;

/// Keeps what this worker knows of templates in step with the plugins that are loaded and the
/// templates that are registered. [any-thread]
class TemplateRefreshService {
public:
    struct Needs {
        TemplateCache& cache;
        Permits& permits;
        TemplateGate& gate;
        QueueWatch& queues;
        database::TemplateRepository& templates;
        const plugin_host::PluginRegistry& plugins;
        BlockingPool& threads;
    };

    /// What to look a template up by.
    using Key = std::variant<TemplateId, database::TemplateReference>;

    explicit TemplateRefreshService(const Needs& needs) : needs_(needs) {}

    /// Resolves the callables of one namespace, or of all that this worker serves, anew; takes up
    /// again the steps of templates that can run now; and says in the log, and in `report`, what
    /// nothing resolves. Throws ErrorCode::not_found for a namespace that is not served here.
    asio::awaitable<TemplateRefresh> refresh(std::optional<std::string> namespace_name);

    /// A template with its handlers. Throws ErrorCode::not_found for one that is not registered.
    asio::awaitable<std::shared_ptr<const RunnableTemplate>> find(Key key);

    /// As of the last refresh; empty before the first.
    std::shared_ptr<const TemplateReport> report() const;

private:
    TemplateRefresh refresh_now(const std::optional<std::string>& namespace_name);
    std::shared_ptr<const RunnableTemplate> find_now(const Key& key);
    TemplateReport examine(const std::vector<std::string>& namespaces) const;
    void tell(const TemplateReport& report, const std::optional<std::string>& of) const;

    const Needs needs_;
    std::mutex refreshing_;     // One refresh at a time: the last to begin has seen the most.
    mutable std::mutex mutex_;  // Guards the pointer.
    std::shared_ptr<const TemplateReport> report_ = std::make_shared<const TemplateReport>();
};

}  // namespace tenon::worker
