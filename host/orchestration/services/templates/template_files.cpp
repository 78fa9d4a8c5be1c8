#include "orchestration/services/templates/template_files.hpp"

#include "domain/template/template_parser.hpp"
#include "foundation/error.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

namespace tenon::orchestration {

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
                 "; name another one"}
        );
    }
    std::ranges::sort(files);
    return files;
}

CompiledTemplate compile_yaml(std::string_view yaml, std::string_view origin) {
    auto parsed = parse_template(yaml, origin);
    auto compiled = compile(std::move(parsed).value());
    if (!compiled) {
        throw Exception(
            {compiled.error().code, std::string(origin) + ": " + compiled.error().detail}
        );
    }
    return *std::move(compiled);
}

CompiledTemplate compile_file(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(stream), {});
    if (!stream) {
        throw Exception({ErrorCode::invalid_input, "cannot read the template " + file.string()});
    }
    return compile_yaml(text, file.string());
}

std::string reference_of(const TaskTemplate& source) {
    return source.namespace_name + "/" + source.name + "@" + source.version;
}

}  // namespace tenon::orchestration
