#include "orchestration/services/templates/template_registration_service.hpp"

#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"
#include "orchestration/services/templates/template_files.hpp"

#include <string>
#include <vector>

namespace tenon::orchestration {
namespace {

std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
    try {
        return template_files(folder);
    } catch (const Exception& error) {
        throw Exception({error.code(), std::string(error.what()) + " with --templates"});
    }
}

RegisteredTemplate describe(const CompiledTemplate& compiled) {
    const auto& source = compiled.source();
    return {
        .namespace_name = source.namespace_name,
        .name = source.name,
        .version = source.version,
        .content_hash = compiled.content_hash(),
        .step_count = compiled.step_count()
    };
}

}  // namespace

std::size_t TemplateRegistrationService::register_folder(const std::filesystem::path& folder) {
    std::vector<std::string> registrations;
    for (const auto& file : files_of(folder)) {
        registrations.push_back(registration_json(compile_file(file)));
    }
    templates_.register_templates(registrations);
    log::info(
        "templates", std::to_string(registrations.size()) + " registered from " + folder.string()
    );
    return registrations.size();
}

RegisteredTemplate TemplateRegistrationService::register_yaml(
    std::string_view yaml,
    std::string_view origin
) {
    const auto compiled = compile_yaml(yaml, origin);
    auto registered = describe(compiled);
    registered.created = templates_.register_template(registration_json(compiled)).created;
    if (registered.created) {
        log::info("templates", reference_of(compiled.source()) + " registered");
    }
    return registered;
}

RegisteredTemplate TemplateRegistrationService::describe_yaml(
    std::string_view yaml,
    std::string_view origin
) {
    return describe(compile_yaml(yaml, origin));
}

}  // namespace tenon::orchestration
