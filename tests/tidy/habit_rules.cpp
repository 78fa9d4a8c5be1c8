#include "tidy/habit_rules.hpp"

#include "tidy/lexer.hpp"

#include <regex>

namespace tenon::tidy {
namespace {

const std::regex& empty_word() {
    static const std::regex word(
        R"re((Manager|Helpers?|Utils?|Utilities|Common|Misc|Base|Impl)(?![a-z]))re"
    );
    return word;
}

bool is_empty_path(const std::string& path) {
    static const std::regex part(
        R"re((^|[/_.])(managers?|helpers?|utils?|utilities|common|misc|base|impl)([/_.]|$))re"
    );
    return std::regex_search(path, part);
}

bool is_ours(const SourceFile& file) {
    return file.path.starts_with("host/") || file.path.starts_with("sdk/") ||
           file.path.starts_with("plugins/") || file.path.starts_with("tests/");
}

// A comment on the header as a whole may stand before it.
std::string first_code_line(const SourceFile& file) {
    const auto code = lex(file).code;
    const auto begin = code.find_first_not_of(" \n");
    if (begin == std::string::npos) {
        return {};
    }
    const auto line = code.substr(begin, code.find('\n', begin) - begin);
    return line.substr(0, line.find_last_not_of(' ') + 1);
}

void search_lines(
    const SourceFile& file,
    const std::string& text,
    const std::regex& pattern,
    const std::string& message,
    Violations& violations
) {
    for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
        const auto line = line_at(text, static_cast<std::size_t>(it->position()));
        violations.push_back({file.path, line, message + it->str()});
    }
}

}  // namespace

Violations unguarded_headers(const SourceTree& files) {
    Violations violations;
    for (const auto& file : files) {
        if (is_header(file) && is_ours(file) && first_code_line(file) != "#pragma once") {
            violations.push_back({file.path, 1, "a header begins with #pragma once"});
        }
    }
    return violations;
}

Violations empty_names(const SourceTree& files) {
    static const std::regex declaration(
        R"re(\b(?:class|struct|enum|union|using|concept|namespace)\s+(\w+))re"
    );
    static const std::regex empty_namespace(
        R"re(\bnamespace\s+([\w:]*::)?(utils?|helpers?|common|misc|impl)\b)re"
    );
    Violations violations;
    for (const auto& file : files) {
        if (!is_ours(file)) {
            continue;
        }
        if (is_empty_path(file.path)) {
            violations.push_back({file.path, 0, "the path says nothing about what is inside"});
        }
        const auto code = is_code(file) ? lex(file).code : std::string();
        for (std::sregex_iterator it(code.begin(), code.end(), declaration), end; it != end; ++it) {
            const auto name = (*it)[1].str();
            if (std::regex_search(name, empty_word())) {
                const auto line = line_at(code, static_cast<std::size_t>(it->position()));
                violations.push_back({file.path, line, "the name says nothing: " + name});
            }
        }
        search_lines(file, code, empty_namespace, "the name says nothing: ", violations);
    }
    return violations;
}

Violations unfinished_work(const SourceTree& files) {
    static const std::regex note(R"re(\b(TODO|FIXME|XXX|HACK)\b)re");
    static const std::regex skipped(R"re(\bDISABLED_\w*|\bGTEST_SKIP\b)re");
    Violations violations;
    for (const auto& file : files) {
        if (!is_code(file)) {
            continue;
        }
        const auto text = lex(file);
        search_lines(file, text.comments, note, "finish it or file it: ", violations);
        search_lines(file, text.code, skipped, "a test runs or does not exist: ", violations);
    }
    return violations;
}

Violations sql_outside_sql_files(const SourceTree& files) {
    static const std::regex statement(
        R"re(^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|MERGE INTO|TRUNCATE)\s)re"
    );
    Violations violations;
    for (const auto& file : files) {
        if (!is_code(file) || !file.path.starts_with("host/")) {
            continue;
        }
        for (const auto& literal : lex(file).literals) {
            if (std::regex_search(literal.text, statement)) {
                violations.push_back({file.path, literal.line, "SQL belongs in a .sql file"});
            }
        }
    }
    return violations;
}

}  // namespace tenon::tidy
