#pragma once

#include "database/repositories/template_repository.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace tenon::orchestration {

/// What became of a template that somebody registered.
struct RegisteredTemplate {
    std::string namespace_name;
    std::string name;
    std::string version;
    std::string content_hash;
    std::size_t step_count = 0;
    bool created = false;  ///< False when the same content was registered before.
};

/// Registers templates, so that tasks of them can be submitted. Blocks. [any-thread]
class TemplateRegistrationService {
public:
    explicit TemplateRegistrationService(database::TemplateRepository& templates)
        : templates_(templates) {}

    /// Reads every `*.yaml` and `*.yml` below `folder`, in the order of their paths, and registers
    /// all of them or, when one is bad, none: then it throws `invalid_input` with the file, the
    /// place and the reason, or `conflict` with the template and the reason. Returns how many there
    /// are.
    std::size_t register_folder(const std::filesystem::path& folder);

    /// Registers one template. `origin` names it in what is thrown, as above.
    RegisteredTemplate register_yaml(std::string_view yaml, std::string_view origin);

    /// What registering it would make known, or throws as above. Asks no database.
    static RegisteredTemplate describe_yaml(std::string_view yaml, std::string_view origin);

private:
    database::TemplateRepository& templates_;
};

}  // namespace tenon::orchestration
