#include "tidy/coroutine_rules.hpp"

#include "tidy/lexer.hpp"

#include <functional>
#include <regex>

namespace tenon::tidy {
namespace {

using Visit = std::function<void(const std::string& code, const std::smatch& match)>;

void for_each_match(const std::string& code, const std::regex& pattern, const Visit& visit) {
    for (std::sregex_iterator it(code.begin(), code.end(), pattern), end; it != end; ++it) {
        visit(code, *it);
    }
}

Violations search(
    const SourceTree& files,
    const std::regex& pattern,
    const std::function<bool(const std::string& code, const std::smatch& match)>& is_bad,
    const std::string& message
) {
    Violations violations;
    for (const auto& file : files) {
        if (!is_code(file)) {
            continue;
        }
        const auto code = lex(file).code;
        for_each_match(code, pattern, [&](const std::string& text, const std::smatch& match) {
            if (is_bad(text, match)) {
                const auto offset = static_cast<std::size_t>(match.position());
                violations.push_back({file.path, line_at(text, offset), message});
            }
        });
    }
    return violations;
}

// The text between the brace at `open` and the one that closes it.
std::string body_at(const std::string& code, std::size_t open) {
    std::size_t depth = 0;
    for (auto i = open; i < code.size(); ++i) {
        if (code[i] == '{') {
            ++depth;
        } else if (code[i] == '}' && --depth == 0) {
            return code.substr(open, i - open);
        }
    }
    return code.substr(open);
}

bool is_coroutine(const std::string& code, const std::smatch& lambda) {
    static const std::regex keyword(R"re(\bco_(await|return|yield)\b)re");
    const auto open = static_cast<std::size_t>(lambda.position() + lambda.length()) - 1;
    return std::regex_search(body_at(code, open), keyword);
}

// The statement around the keyword at `offset`; the keyword's place in it goes to `keyword`.
std::string statement_at(const std::string& code, std::size_t offset, std::size_t& keyword) {
    const auto before = offset == 0 ? std::string::npos : code.find_last_of(";{}", offset - 1);
    const auto begin = before == std::string::npos ? 0 : before + 1;
    keyword = offset - begin;
    return code.substr(begin, code.find(';', offset) - begin);
}

bool builds_or_chooses(const std::string& code, const std::smatch& await) {
    static const std::regex temporary(R"re(\b[A-Z]\w*\{|[^\w\])]\[[=&\w])re");
    std::size_t keyword = 0;
    const auto text = statement_at(code, static_cast<std::size_t>(await.position()), keyword);
    if (text.find("Overloaded{") != std::string::npos) {
        return false;
    }
    const bool builds = std::regex_search(text.substr(keyword), temporary);
    return builds || text.find(" ? ") != std::string::npos;
}

}  // namespace

Violations detached_coroutines(const SourceTree& files) {
    static const std::regex pattern(R"re(\basio::detached\b)re");
    const auto always = [](const std::string&, const std::smatch&) { return true; };
    return search(files, pattern, always, "give the coroutine to a TaskGroup, by name");
}

Violations capturing_coroutines(const SourceTree& files) {
    static const std::regex lambda(R"re(\[[=&\w][^\[\]{};]*\]\s*(\([^{};]*\)[^{};]*)?\{)re");
    return search(
        files,
        lambda,
        is_coroutine,
        "make the coroutine a function and pass what it captures by value"
    );
}

Violations temporaries_in_awaits(const SourceTree& files) {
    static const std::regex await(R"re(\bco_await\b)re");
    return search(files, await, builds_or_chooses, "name it, then await it");
}

}  // namespace tenon::tidy
