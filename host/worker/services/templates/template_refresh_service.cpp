#include "worker/services/templates/template_refresh_service.hpp"

#include "foundation/error.hpp"
#include "foundation/overloaded.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace tenon::worker {
namespace {

constexpr std::string_view component = "templates";

// More lines than anybody reads; the report has them all.
constexpr std::size_t lines_max = 20;

bool in_scope(const TemplateCondition& condition, const std::optional<std::string>& of) {
    return !of || condition.reference.namespace_name == *of;
}

}  // namespace

std::size_t TemplateReport::unresolved() const {
    return static_cast<std::size_t>(std::ranges::count_if(templates, [](const auto& known) {
        return !known.runnable();
    }));
}

asio::awaitable<TemplateRefresh> TemplateRefreshService::refresh(
    std::optional<std::string> namespace_name
) {
    auto work = [this, name = std::move(namespace_name)] { return refresh_now(name); };
    co_return co_await needs_.threads.run(std::move(work));
}

asio::awaitable<std::shared_ptr<const RunnableTemplate>> TemplateRefreshService::find(Key key) {
    auto work = [this, key = std::move(key)] { return find_now(key); };
    co_return co_await needs_.threads.run(std::move(work));
}

std::shared_ptr<const TemplateReport> TemplateRefreshService::report() const {
    const std::scoped_lock lock(mutex_);
    return report_;
}

// The gate opens before the database is asked: what was only waiting for a plugin runs at once.
TemplateRefresh TemplateRefreshService::refresh_now(const std::optional<std::string>& namespace_name
) {
    const std::scoped_lock alone(refreshing_);
    TemplateRefresh done;
    done.resolved_again = needs_.cache.refresh(namespace_name);
    needs_.permits.forget_templates();
    for (const auto id : needs_.gate.reopen()) {
        const auto known = needs_.cache.get(id);
        const auto& source = known->compiled.source();
        done.reopened.push_back(
            database::TemplateReference{source.namespace_name, source.name, source.version}
                .to_string()
        );
    }
    const auto served = needs_.queues.namespaces();
    if (namespace_name && std::ranges::find(served, *namespace_name) == served.end()) {
        std::string names;
        for (const auto& name : served) {
            names += (names.empty() ? "" : ", ") + name;
        }
        throw Exception(
            {ErrorCode::not_found,
             "this worker serves no namespace '" + *namespace_name + "'; it serves " +
                 (names.empty() ? "none, because no template is registered" : names)}
        );
    }
    auto report = std::make_shared<const TemplateReport>(examine(served));
    {
        const std::scoped_lock lock(mutex_);
        report_ = report;
    }
    for (const auto& condition : report->templates) {
        if (in_scope(condition, namespace_name)) {
            ++done.templates;
            done.unresolved += condition.runnable() ? 0 : 1;
        }
    }
    tell(*report, namespace_name);
    return done;
}

std::shared_ptr<const RunnableTemplate> TemplateRefreshService::find_now(const Key& key) {
    const auto id = std::visit(
        Overloaded{
            [](TemplateId known) { return known; },
            [&](const database::TemplateReference& reference) {
                const auto found = needs_.templates.find(reference);
                if (!found) {
                    throw Exception(
                        {ErrorCode::not_found, "there is no template " + reference.to_string()}
                    );
                }
                return *found;
            }
        },
        key
    );
    return needs_.cache.get(id);
}

// Without their definitions, which would have to be read and compiled one by one: a callable that
// many templates name is resolved once.
TemplateReport TemplateRefreshService::examine(const std::vector<std::string>& namespaces) const {
    TemplateReport report{.made_at = std::chrono::system_clock::now(), .templates = {}};
    std::map<std::tuple<std::string, std::string, std::string>, std::string> problems;
    for (auto& step : needs_.templates.callables(namespaces)) {
        if (report.templates.empty() || report.templates.back().id != step.id) {
            report.templates.push_back(
                {.id = step.id, .reference = std::move(step.reference), .unresolved = {}}
            );
        }
        auto [known, fresh] = problems.try_emplace({step.callable, step.method, step.resolver});
        if (fresh) {
            const auto handler = needs_.plugins.resolve(step.callable, step.method, step.resolver);
            known->second = handler ? "" : handler.error().detail;
        }
        if (!known->second.empty()) {
            report.templates.back().unresolved.push_back(
                "step " + step.step + ": " + known->second
            );
        }
    }
    return report;
}

void TemplateRefreshService::tell(
    const TemplateReport& report,
    const std::optional<std::string>& of
) const {
    std::size_t lines = 0;
    std::size_t left_out = 0;
    for (const auto& condition : report.templates) {
        if (condition.runnable() || !in_scope(condition, of)) {
            continue;
        }
        for (const auto& sentence : condition.unresolved) {
            if (++lines > lines_max) {
                ++left_out;
                continue;
            }
            log::warning(
                component, condition.reference.to_string() + " cannot run here: " + sentence
            );
        }
    }
    if (left_out > 0) {
        log::warning(
            component,
            std::to_string(left_out) +
                " more callables are not resolved; GET /v1/worker/templates lists them"
        );
    }
}

}  // namespace tenon::worker
