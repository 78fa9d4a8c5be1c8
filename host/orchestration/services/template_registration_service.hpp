#pragma once

#include "database/repositories/template_repository.hpp"

#include <cstddef>
#include <filesystem>

namespace tenon::orchestration {

/// Registers the templates of a folder, so that tasks of them can be submitted. Blocks. [setup]
class TemplateRegistrationService {
public:
    explicit TemplateRegistrationService(database::TemplateRepository& templates)
        : templates_(templates) {}

    /// Reads every `*.yaml` and `*.yml` below `folder`, in the order of their paths, and registers
    /// all of them or, when one is bad, none: then it throws `invalid_input` with the file, the
    /// place and the reason, or `conflict` with the template and the reason. Returns how many there
    /// are.
    std::size_t register_folder(const std::filesystem::path& folder);

private:
    database::TemplateRepository& templates_;
};

}  // namespace tenon::orchestration
