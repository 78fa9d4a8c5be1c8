#pragma once

#include "orchestration/commands/template_command.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace tenon::orchestration {

namespace asio = boost::asio;

class TemplateService;

/// Owns the registered templates. [any-thread]
class TemplateActor {
public:
    explicit TemplateActor(TemplateService& templates) : templates_(templates) {}

    static std::string_view name() noexcept { return "TemplateActor"; }

    void started() noexcept {}

    void stopped() noexcept {}

    asio::awaitable<RegisterTemplate::Reply> handle(RegisterTemplate command);
    asio::awaitable<ValidateTemplate::Reply> handle(ValidateTemplate query);
    asio::awaitable<ListTemplates::Reply> handle(ListTemplates query);
    asio::awaitable<GetTemplate::Reply> handle(GetTemplate query);

private:
    TemplateService& templates_;
};

}  // namespace tenon::orchestration
