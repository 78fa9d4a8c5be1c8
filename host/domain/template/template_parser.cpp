#include "domain/template/template_parser.hpp"

#include "domain/template/template_decoder.hpp"
#include "domain/template/yaml_document.hpp"

namespace tenon {

Result<TaskTemplate> parse_template(std::string_view yaml, std::string_view file_name) {
    const auto document = read_yaml(yaml, file_name);
    if (!document) {
        return document.error();
    }
    return decode_template(*document, file_name);
}

}  // namespace tenon
