#include "orchestration/services/templates/template_service.hpp"

#include <utility>

namespace tenon::orchestration {

asio::awaitable<RegisteredTemplate> TemplateService::add(std::string yaml) {
    const auto work = [&registration = registration_, yaml = std::move(yaml)] {
        return registration.register_yaml(yaml, "template");
    };
    auto registered = co_await pool_.run(work);
    if (registered.created) {
        fed_({registered.namespace_name});
    }
    co_return registered;
}

asio::awaitable<RegisteredTemplate> TemplateService::check(std::string yaml) {
    const auto work = [yaml = std::move(yaml)] {
        return TemplateRegistrationService::describe_yaml(yaml, "template");
    };
    co_return co_await pool_.run(work);
}

asio::awaitable<std::string> TemplateService::list(std::optional<std::string> namespace_name) {
    const auto read = [&templates = templates_, name = std::move(namespace_name)] {
        return templates.documents(name);
    };
    co_return co_await pool_.run(read);
}

asio::awaitable<std::optional<std::string>> TemplateService::find(
    database::TemplateReference reference
) {
    const auto read = [&templates = templates_, reference = std::move(reference)] {
        return templates.document(reference);
    };
    co_return co_await pool_.run(read);
}

}  // namespace tenon::orchestration
