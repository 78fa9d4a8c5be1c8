#include "tidy/lexer.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

namespace tenon::tidy {
namespace {

/// Walks a text once, sorting every character into code, comments or literals.
class Lexer {
public:
    explicit Lexer(std::string text) : text_(std::move(text)), blank_(text_) {
        std::ranges::replace_if(blank_, [](char c) { return c != '\n'; }, ' ');
        lexed_.code = blank_;
        lexed_.comments = blank_;
    }

    LexedText run() {
        while (at_ < text_.size()) {
            step();
        }
        return std::move(lexed_);
    }

private:
    void step() {
        const std::string_view rest = std::string_view(text_).substr(at_);
        if (rest.starts_with("//")) {
            take_comment(text_.find('\n', at_));
        } else if (rest.starts_with("/*")) {
            const auto close = text_.find("*/", at_ + 2);
            take_comment(close == std::string::npos ? close : close + 2);
        } else if (rest.starts_with("R\"")) {
            take_raw_string();
        } else if (rest.front() == '"' || (rest.front() == '\'' && !follows_a_digit())) {
            take_quoted(rest.front());
        } else {
            take_code(at_ + 1);
        }
    }

    // The quote in 1'000'000 separates digits.
    bool follows_a_digit() const {
        return at_ > 0 && std::isxdigit(static_cast<unsigned char>(text_[at_ - 1])) != 0;
    }

    void take_code(std::size_t end) {
        for (; at_ < std::min(end, text_.size()); ++at_) {
            lexed_.code[at_] = text_[at_];
        }
    }

    void take_comment(std::size_t end) {
        for (; at_ < std::min(end, text_.size()); ++at_) {
            lexed_.comments[at_] = text_[at_];
        }
    }

    void take_quoted(char quote) {
        auto end = at_ + 1;
        while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
            end += text_[end] == '\\' ? 2 : 1;
        }
        take_literal(at_ + 1, end, end + 1);
    }

    void take_raw_string() {
        const auto open = text_.find('(', at_);
        if (open == std::string::npos) {
            take_code(text_.size());
            return;
        }
        const auto close_mark = ")" + text_.substr(at_ + 2, open - at_ - 2) + "\"";
        const auto close = std::min(text_.find(close_mark, open), text_.size());
        take_literal(open + 1, close, close + close_mark.size());
    }

    // The delimiters stay in the code, so that "f()" and `f("")` look alike to a rule.
    void take_literal(std::size_t begin, std::size_t end, std::size_t next) {
        end = std::min(end, text_.size());
        const auto line = line_at(text_, at_);
        take_code(begin);
        lexed_.literals.push_back({line, text_.substr(begin, end - begin)});
        at_ = end;
        take_code(next);
    }

    std::string text_;
    std::string blank_;
    std::size_t at_ = 0;
    LexedText lexed_;
};

}  // namespace

LexedText lex(const SourceFile& file) {
    return Lexer(text_of(file)).run();
}

std::size_t line_at(const std::string& text, std::size_t offset) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
    return static_cast<std::size_t>(std::count(text.begin(), end, '\n')) + 1;
}

}  // namespace tenon::tidy
