#include "orchestration/services/template_registration_service.hpp"

#include "domain/template/compiled_template.hpp"
#include "domain/template/template_parser.hpp"
#include "foundation/error.hpp"
#include "foundation/telemetry/log.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace tenon::orchestration {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> template_files(const fs::path& folder) {
    std::error_code failure;
    std::vector<fs::path> files;
    for (fs::recursive_directory_iterator entry(folder, failure), end; !failure && entry != end;
         entry.increment(failure)) {
        const auto extension = entry->path().extension();
        if (entry->is_regular_file() && (extension == ".yaml" || extension == ".yml")) {
            files.push_back(entry->path());
        }
    }
    if (failure) {
        throw Exception(
            {ErrorCode::invalid_input,
             "cannot read the template folder " + folder.string() + ": " + failure.message() +
                 "; name another one with --templates"}
        );
    }
    std::ranges::sort(files);
    return files;
}

CompiledTemplate compile_file(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    if (!stream) {
        throw Exception({ErrorCode::invalid_input, "cannot read the template " + file.string()});
    }
    auto parsed = parse_template(text, file.string());
    auto compiled = compile(std::move(parsed).value());
    if (!compiled) {
        throw Exception({compiled.error().code, file.string() + ": " + compiled.error().detail});
    }
    return *std::move(compiled);
}

}  // namespace

std::size_t TemplateRegistrationService::register_folder(const fs::path& folder) {
    std::vector<std::string> registrations;
    for (const auto& file : template_files(folder)) {
        registrations.push_back(registration_json(compile_file(file)));
    }
    templates_.register_templates(registrations);
    log::info(
        "templates", std::to_string(registrations.size()) + " registered from " + folder.string()
    );
    return registrations.size();
}

}  // namespace tenon::orchestration
