#include "foundation/json_slice.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace tenon {

namespace {

bool is_space(char c) noexcept {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// Walks over text that is known to be valid JSON; it therefore needs no error of its own.
class Scanner {
public:
    explicit Scanner(std::string_view text) noexcept : text_(text) {}

    /// The next character that is no white space, without taking it; '\0' at the end.
    char peek() noexcept {
        while (position_ < text_.size() && is_space(text_[position_])) {
            ++position_;
        }
        return position_ < text_.size() ? text_[position_] : '\0';
    }

    void take() noexcept { ++position_; }

    /// Takes one whole value.
    std::string_view value() noexcept {
        const char first = peek();
        const auto begin = position_;
        if (first == '"') {
            skip_string();
        } else if (first == '{' || first == '[') {
            skip_container();
        } else {
            skip_word();
        }
        return text_.substr(begin, position_ - begin);
    }

private:
    void skip_string() noexcept {
        for (++position_; position_ < text_.size() && text_[position_] != '"'; ++position_) {
            position_ += text_[position_] == '\\' ? 1U : 0U;
        }
        ++position_;
    }

    void skip_container() noexcept {
        std::size_t depth = 0;
        do {
            const char c = text_[position_];
            if (c == '"') {
                skip_string();
                continue;
            }
            depth += c == '{' || c == '[' ? 1U : 0U;
            depth -= c == '}' || c == ']' ? 1U : 0U;
            ++position_;
        } while (depth > 0 && position_ < text_.size());
    }

    void skip_word() noexcept {
        constexpr std::string_view ends = ",:]} \n\r\t";
        while (position_ < text_.size() && ends.find(text_[position_]) == std::string_view::npos) {
            ++position_;
        }
    }

    std::string_view text_;
    std::size_t position_ = 0;
};

std::string unescape(std::string_view quoted) {
    if (quoted.find('\\') == std::string_view::npos) {
        return std::string(quoted.substr(1, quoted.size() - 2));
    }
    return nlohmann::json::parse(quoted).get<std::string>();
}

}  // namespace

Result<JsonSlice> JsonSlice::parse(std::string_view text, JsonLimits limits) {
    if (const auto checked = check_json(text, limits); !checked) {
        return checked.error();
    }
    return JsonSlice(Scanner(text).value());
}

JsonKind JsonSlice::kind() const noexcept {
    switch (text_.empty() ? 'n' : text_.front()) {
        case 'n': return JsonKind::null;
        case 't':
        case 'f': return JsonKind::boolean;
        case '"': return JsonKind::string;
        case '[': return JsonKind::array;
        case '{': return JsonKind::object;
        default: return JsonKind::number;
    }
}

std::vector<JsonSlice::Member> JsonSlice::members() const {
    std::vector<Member> members;
    if (kind() != JsonKind::object) {
        return members;
    }
    Scanner scanner(text_);
    for (scanner.take(); scanner.peek() == '"' || scanner.peek() == ',';) {
        if (scanner.peek() == ',') {
            scanner.take();
        }
        auto name = unescape(scanner.value());
        scanner.peek();
        scanner.take();  // The colon.
        members.emplace_back(std::move(name), JsonSlice(scanner.value()));
    }
    return members;
}

std::optional<JsonSlice> JsonSlice::find(std::string_view name) const {
    for (auto& [key, value] : members()) {
        if (key == name) {
            return value;
        }
    }
    return std::nullopt;
}

std::vector<JsonSlice> JsonSlice::elements() const {
    std::vector<JsonSlice> elements;
    if (kind() != JsonKind::array) {
        return elements;
    }
    Scanner scanner(text_);
    for (scanner.take(); scanner.peek() != ']' && scanner.peek() != '\0';) {
        if (scanner.peek() == ',') {
            scanner.take();
        }
        elements.push_back(JsonSlice(scanner.value()));
    }
    return elements;
}

std::optional<std::string> JsonSlice::string() const {
    return kind() == JsonKind::string ? std::optional(unescape(text_)) : std::nullopt;
}

std::optional<std::int64_t> JsonSlice::integer() const noexcept {
    std::int64_t number = 0;
    const auto* end = text_.data() + text_.size();
    const auto [stop, failure] = std::from_chars(text_.data(), end, number);
    return failure == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

std::optional<bool> JsonSlice::boolean() const noexcept {
    return kind() == JsonKind::boolean ? std::optional(text_.front() == 't') : std::nullopt;
}

std::string JsonSlice::compact() const {
    std::string line;
    line.reserve(text_.size());
    bool quoted = false;
    for (std::size_t i = 0; i < text_.size(); ++i) {
        const char c = text_[i];
        if (quoted && c == '\\') {
            line += c;
            line += text_[++i];
            continue;
        }
        quoted = c == '"' ? !quoted : quoted;
        if (quoted || !is_space(c)) {
            line += c;
        }
    }
    return line;
}

std::string_view to_string(JsonKind kind) noexcept {
    switch (kind) {
        case JsonKind::null: return "null";
        case JsonKind::boolean: return "boolean";
        case JsonKind::number: return "number";
        case JsonKind::string: return "string";
        case JsonKind::array: return "array";
        case JsonKind::object: return "object";
    }
    return "unknown";
}

}  // namespace tenon
