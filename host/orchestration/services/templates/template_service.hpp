#pragma once

#include "database/repositories/template_repository.hpp"
#include "foundation/runtime/blocking_pool.hpp"
#include "orchestration/services/templates/template_registration_service.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tenon::orchestration {

/// Registers and reads templates, off the event loop. [any-thread]
class TemplateService {
public:
    /// Told the namespace of every template that is new.
    using Fed = std::function<void(const std::vector<std::string>&)>;

    /// `templates` and `pool` must outlive the service.
    TemplateService(database::TemplateRepository& templates, BlockingPool& pool, Fed fed)
        : templates_(templates), registration_(templates), pool_(pool), fed_(std::move(fed)) {}

    /// Registers the template that the YAML text describes. Throws `invalid_input` with the place
    /// and the reason, or `conflict` when its version is registered with other content.
    asio::awaitable<RegisteredTemplate> add(std::string yaml);

    /// As `add`, without registering anything: `created` is false.
    asio::awaitable<RegisteredTemplate> check(std::string yaml);

    /// All templates of a namespace, or of all: a JSON array, by name, the newest version first.
    asio::awaitable<std::string> list(std::optional<std::string> namespace_name);

    /// A template's document; without a version the newest one. Nothing when there is none.
    asio::awaitable<std::optional<std::string>> find(database::TemplateReference reference);

private:
    database::TemplateRepository& templates_;
    TemplateRegistrationService registration_;
    BlockingPool& pool_;
    const Fed fed_;
};

}  // namespace tenon::orchestration
