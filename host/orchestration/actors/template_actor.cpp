#include "orchestration/actors/template_actor.hpp"

#include "orchestration/services/templates/template_service.hpp"

#include <utility>

namespace tenon::orchestration {

asio::awaitable<RegisterTemplate::Reply> TemplateActor::handle(RegisterTemplate command) {
    return templates_.add(std::move(command.yaml));
}

asio::awaitable<ValidateTemplate::Reply> TemplateActor::handle(ValidateTemplate query) {
    return templates_.check(std::move(query.yaml));
}

asio::awaitable<ListTemplates::Reply> TemplateActor::handle(ListTemplates query) {
    return templates_.list(std::move(query.namespace_name));
}

asio::awaitable<GetTemplate::Reply> TemplateActor::handle(GetTemplate query) {
    return templates_.find(std::move(query.reference));
}

}  // namespace tenon::orchestration
