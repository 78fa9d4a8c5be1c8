#include "instrument/plpgsql_body.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <initializer_list>
#include <stdexcept>

namespace tenon::testing {
namespace {

bool is_word_letter(char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_' ||
           letter == '$' || static_cast<unsigned char>(letter) >= 0x80;
}

bool is_word_start(char letter) {
    return is_word_letter(letter) && letter != '$' &&
           std::isdigit(static_cast<unsigned char>(letter)) == 0;
}

/// Splits a text into tokens.
class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    std::vector<PlpgsqlToken> tokens() {
        std::vector<PlpgsqlToken> tokens;
        while (skip_gap()) {
            const auto begin = at_;
            at_ = end_of_token();
            tokens.push_back({begin, at_});
        }
        return tokens;
    }

private:
    std::string_view rest() const { return text_.substr(at_); }

    /// Moves over blanks and comments; false at the end of the text.
    bool skip_gap() {
        while (at_ < text_.size()) {
            if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
                ++at_;
            } else if (rest().starts_with("--")) {
                at_ = std::min(text_.find('\n', at_), text_.size());
            } else if (rest().starts_with("/*")) {
                at_ = end_of_comment();
            } else {
                return true;
            }
        }
        return false;
    }

    /// Comments nest.
    std::size_t end_of_comment() const {
        int depth = 0;
        for (auto at = at_; at + 1 < text_.size(); ++at) {
            const auto pair = text_.substr(at, 2);
            if (pair == "/*") {
                ++depth;
                ++at;
            } else if (pair == "*/") {
                --depth;
                ++at;
            }
            if (depth == 0) {
                return at + 1;
            }
        }
        throw std::runtime_error("a comment does not end");
    }

    std::size_t end_of_token() const {
        const char first = text_[at_];
        if ((first == 'E' || first == 'e') && rest().substr(1).starts_with('\'')) {
            return end_of_string(at_ + 1, true);
        }
        if (first == '\'' || first == '"') {
            return end_of_string(at_, false);
        }
        if (first == '$') {
            if (const auto tag = dollar_tag(); !tag.empty()) {
                return end_after(tag, at_ + tag.size());
            }
        }
        if (rest().starts_with("<<") || rest().starts_with(">>") || rest().starts_with(":=")) {
            return at_ + 2;
        }
        auto end = at_ + 1;
        while (is_word_letter(first) && end < text_.size() && is_word_letter(text_[end])) {
            ++end;
        }
        return end;
    }

    /// A doubled quote reads as two strings in a row, which does no harm.
    std::size_t end_of_string(std::size_t quote_at, bool escapes) const {
        for (auto at = quote_at + 1; at < text_.size(); ++at) {
            if (escapes && text_[at] == '\\') {
                ++at;
            } else if (text_[at] == text_[quote_at]) {
                return at + 1;
            }
        }
        throw std::runtime_error("a string does not end");
    }

    /// `$tag$` when one begins here; `$1` is a parameter.
    std::string_view dollar_tag() const {
        auto end = at_ + 1;
        while (end < text_.size() && text_[end] != '$' && is_word_letter(text_[end])) {
            ++end;
        }
        const bool tag = end < text_.size() && text_[end] == '$' &&
                         (end == at_ + 1 || is_word_start(text_[at_ + 1]));
        return tag ? text_.substr(at_, end + 1 - at_) : std::string_view();
    }

    std::size_t end_after(std::string_view tag, std::size_t from) const {
        const auto found = text_.find(tag, from);
        if (found == std::string_view::npos) {
            throw std::runtime_error(fmt::format("{} does not end", tag));
        }
        return found + tag.size();
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// Reads a body by the grammar of PL/pgSQL: blocks, conditionals, loops, and statements up to ';'.
class BodyReader {
public:
    explicit BodyReader(std::string_view body) : body_(body), tokens_(plpgsql_tokens(body)) {}

    std::vector<StatementBoundary> read() {
        read_statement();
        return std::move(boundaries_);
    }

private:
    bool at_word(std::string_view word, std::size_t ahead = 0) const {
        if (next_ + ahead >= tokens_.size()) {
            return false;
        }
        return std::ranges::equal(text_of(tokens_[next_ + ahead]), word, [](char a, char b) {
            return std::toupper(static_cast<unsigned char>(a)) == b;
        });
    }

    bool at_any(std::initializer_list<std::string_view> words) const {
        return std::ranges::any_of(words, [this](auto word) { return at_word(word); });
    }

    std::string_view text_of(const PlpgsqlToken& token) const {
        return body_.substr(token.begin, token.end - token.begin);
    }

    const PlpgsqlToken& take() {
        if (next_ >= tokens_.size()) {
            throw std::runtime_error("the body ends too early");
        }
        return tokens_[next_++];
    }

    /// Moves over the next `word` outside of parentheses and of CASE … END.
    void skip_past(std::string_view word) {
        int depth = 0;
        while (depth > 0 || !at_word(word)) {
            depth += at_word("(") || at_word("[") || at_word("CASE") ? 1 : 0;
            depth -= at_word(")") || at_word("]") || at_word("END") ? 1 : 0;
            take();
        }
        take();
    }

    /// A boundary behind the token that was taken last.
    void mark(std::size_t statement_begin, bool simple = false) {
        const auto at = tokens_[next_ - 1].end;
        const auto lines = std::ranges::count(body_.substr(0, at), '\n');
        auto text = std::string(body_.substr(statement_begin, at - statement_begin));
        const bool queries = text.find("SELECT") != std::string::npos ||
                             text.find("tenon.") != std::string::npos ||
                             text.find(":=") == std::string::npos;
        text = text.substr(0, text.find('\n'));
        boundaries_.push_back(
            {at, static_cast<int>(lines) + 1, text.substr(0, 48), simple && queries}
        );
    }

    /// Statements up to one of the words that can follow them, which is not taken.
    void read_list() {
        mark(tokens_[next_ - 1].begin);
        while (!at_any({"END", "ELSIF", "ELSEIF", "ELSE", "WHEN", "EXCEPTION"})) {
            read_statement();
        }
    }

    void read_statement() {
        if (at_word("<<")) {
            skip_past(">>");
        }
        const auto begin = next_ < tokens_.size() ? tokens_[next_].begin : 0;
        if (at_any({"DECLARE", "BEGIN"})) {
            skip_past("BEGIN");
            read_list();
            read_handlers();
        } else if (at_word("IF")) {
            read_branches();
        } else if (at_word("CASE")) {
            skip_past_case_head();
            read_branches();
        } else if (at_any({"FOR", "FOREACH", "WHILE", "LOOP"})) {
            skip_past("LOOP");
            read_list();
        } else {
            const bool goes_on = !ends_here();
            skip_past(";");
            if (goes_on) {
                mark(begin, true);
            }
            return;
        }
        skip_past_end();
        mark(begin);
    }

    /// True for a statement after which control never comes.
    bool ends_here() const {
        const bool leaves = at_any({"EXIT", "CONTINUE"}) && at_word(";", 1);
        const bool returns = at_word("RETURN") && !at_word("QUERY", 1) && !at_word("NEXT", 1);
        const bool raises = at_word("RAISE") && (at_word("EXCEPTION", 1) || at_word(";", 1));
        return leaves || returns || raises;
    }

    /// IF or WHEN … THEN …, then more of them, then ELSE.
    void read_branches() {
        while (!at_word("END")) {
            if (at_word("ELSE")) {
                take();
            } else {
                take();
                skip_past("THEN");
            }
            read_list();
        }
    }

    /// CASE [expression], up to its first WHEN.
    void skip_past_case_head() {
        take();
        while (!at_word("WHEN")) {
            take();
        }
    }

    /// EXCEPTION WHEN … THEN …, if there is one.
    void read_handlers() {
        if (at_word("EXCEPTION")) {
            take();
            read_branches();
        }
    }

    /// END [IF | LOOP | CASE | label], and the semicolon that only the outermost may lack.
    void skip_past_end() {
        take();
        while (next_ < tokens_.size() && !at_word(";")) {
            take();
        }
        if (next_ < tokens_.size()) {
            take();
        }
    }

    std::string_view body_;
    std::vector<PlpgsqlToken> tokens_;
    std::size_t next_ = 0;
    std::vector<StatementBoundary> boundaries_;
};

}  // namespace

std::vector<PlpgsqlToken> plpgsql_tokens(std::string_view text) {
    return Lexer(text).tokens();
}

std::vector<StatementBoundary> statement_boundaries(std::string_view body) {
    auto boundaries = BodyReader(body).read();
    // Behind the outermost END there is nothing.
    if (!boundaries.empty()) {
        boundaries.pop_back();
    }
    return boundaries;
}

std::string with_calls(
    std::string_view body,
    const std::vector<StatementBoundary>& boundaries,
    const std::function<std::string(std::size_t)>& call
) {
    std::string result;
    std::size_t copied = 0;
    for (std::size_t i = 0; i < boundaries.size(); ++i) {
        result += body.substr(copied, boundaries[i].at - copied);
        result += " " + call(i);
        copied = boundaries[i].at;
    }
    return result += body.substr(copied);
}

}  // namespace tenon::testing
