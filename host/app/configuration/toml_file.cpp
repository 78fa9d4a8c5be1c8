#include "app/configuration/toml_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <toml++/toml.h>
#include <utility>

namespace tenon::app {
namespace {

constexpr std::size_t most_bytes = std::size_t{1024} * 1024;

std::string_view type_name(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::none: return "nothing";
        case toml::node_type::table: return "a table";
        case toml::node_type::array: return "an array";
        case toml::node_type::string: return "a text";
        case toml::node_type::integer: return "an integer";
        case toml::node_type::floating_point: return "a number with a point";
        case toml::node_type::boolean: return "true or false";
        case toml::node_type::date:
        case toml::node_type::time:
        case toml::node_type::date_time: return "a time";
    }
    return "something else";
}

/// Walks the tables of one file and holds each value against the schema.
class Reader {
public:
    Reader(std::string place, Layer layer, const Variables& variables)
        : place_(std::move(place)), layer_(layer), variables_(variables) {}

    void read(const toml::table& root) {
        for (const auto& [name, node] : root) {
            read_member(std::string(name.str()), origin(name.source()), node);
        }
    }

    /// In the order of the file, which the parser's tables have lost.
    FileContent take() {
        std::ranges::sort(content_.problems, {}, [](const Problem& problem) {
            return std::pair(problem.origin.line, problem.origin.column);
        });
        return std::move(content_);
    }

    void report(Origin at, std::string sentence, std::string fix) {
        content_.problems.push_back(
            {.origin = std::move(at), .sentence = std::move(sentence), .fix = std::move(fix)}
        );
    }

    Origin origin(const toml::source_region& region) const {
        return {
            .layer = layer_,
            .place = place_,
            .line = region.begin.line,
            .column = region.begin.column
        };
    }

private:
    void read_member(const std::string& name, const Origin& at, const toml::node& node) {
        if (const auto id = find_key(name); id && (**id).name == name) {
            read_key(*id, at, node);
            return;
        }
        const auto* table = node.as_table();
        if (table != nullptr && is_section(name)) {
            for (const auto& [word, member] : *table) {
                read_member(name + "." + std::string(word.str()), origin(word.source()), member);
            }
            return;
        }
        report_unknown(name, at, node);
    }

    void report_unknown(const std::string& name, const Origin& at, const toml::node& node) {
        Problem problem{.origin = at, .key = name};
        if (is_section(name)) {
            problem.sentence = fmt::format("a section wants keys, not {}", type_name(node));
            problem.fix = fmt::format("write [{}] and its keys below", name);
        } else {
            const auto nearest = nearest_key(name);
            problem.sentence = "there is no such key";
            problem.fix = nearest.empty() ? "remove it; 'tenon config explain' lists all keys"
                                          : "did you mean " + nearest + "?";
        }
        content_.problems.push_back(std::move(problem));
    }

    void read_key(KeyId id, const Origin& at, const toml::node& node) {
        auto read = value_of(*id, node);
        if (auto* value = std::get_if<Value>(&read)) {
            content_.assignments.push_back({id, std::move(*value), at});
            return;
        }
        auto& fault = std::get<Fault>(read);
        content_.problems.push_back(
            {.origin = at,
             .key = std::string((*id).name),
             .value = text_of(*id, node),
             .sentence = std::move(fault.sentence),
             .fix = std::move(fault.fix)}
        );
    }

    /// A scalar as it was written, for people.
    static std::string text_of(const Key& key, const toml::node& node) {
        if (const auto text = node.value<std::string>()) {
            return redacted_text(key, *text);
        }
        if (const auto number = node.value_exact<std::int64_t>()) {
            return std::to_string(*number);
        }
        return "";
    }

    Checked value_of(const Key& key, const toml::node& node) const {
        if (const auto text = node.value_exact<std::string>()) {
            return text_value(key, *text);
        }
        if (const auto* array = node.as_array(); array != nullptr && key.type == KeyType::list) {
            return list_value(key, *array);
        }
        if (const auto* table = node.as_table(); table != nullptr && key.type == KeyType::table) {
            return table_value(key, *table);
        }
        const auto number = node.value_exact<std::int64_t>();
        if (number && key.type == KeyType::integer) {
            return check_value(key, *number);
        }
        const auto flag = node.value_exact<bool>();
        if (flag && key.type == KeyType::boolean) {
            return check_value(key, *flag);
        }
        return Fault{fmt::format("it is {}", type_name(node)), "give " + type_text(key)};
    }

    Checked text_value(const Key& key, const std::string& text) const {
        auto expansion = expand(text, variables_);
        if (auto* fault = std::get_if<Fault>(&expansion)) {
            return std::move(*fault);
        }
        auto& expanded = std::get<Expanded>(expansion);
        const bool is_text =
            key.type == KeyType::text || key.type == KeyType::path || key.type == KeyType::choice;
        if (is_text || expanded.changed) {
            return read_value(key, expanded.text);
        }
        const auto meant = read_value(key, expanded.text);
        const bool quoted = key.type != KeyType::list && std::holds_alternative<Value>(meant);
        return Fault{
            "it is a text",
            quoted ? fmt::format("write {} without quotes", expanded.text)
                   : "give " + type_text(key)
        };
    }

    Checked list_value(const Key& key, const toml::array& array) const {
        TextList texts;
        for (const auto& node : array) {
            auto member = member_value(node);
            if (auto* fault = std::get_if<Fault>(&member)) {
                return std::move(*fault);
            }
            texts.push_back(std::move(std::get<std::string>(member)));
        }
        return check_value(key, std::move(texts));
    }

    Checked table_value(const Key& key, const toml::table& table) const {
        TextTable entries;
        for (const auto& [name, node] : table) {
            auto member = member_value(node);
            if (auto* fault = std::get_if<Fault>(&member)) {
                return std::move(*fault);
            }
            entries.emplace(name.str(), std::move(std::get<std::string>(member)));
        }
        return check_value(key, std::move(entries));
    }

    /// A member of a list or of a table: a text, or an integer in its decimal form.
    std::variant<std::string, Fault> member_value(const toml::node& node) const {
        if (const auto number = node.value_exact<std::int64_t>()) {
            return std::to_string(*number);
        }
        const auto text = node.value_exact<std::string>();
        if (!text) {
            return Fault{
                fmt::format("a member of it is {}", type_name(node)), "give texts or integers"
            };
        }
        auto expansion = expand(*text, variables_);
        if (auto* fault = std::get_if<Fault>(&expansion)) {
            return std::move(*fault);
        }
        return std::get<Expanded>(expansion).text;
    }

    const std::string place_;
    const Layer layer_;
    const Variables& variables_;
    FileContent content_;
};

FileContent unreadable(std::string place, Layer layer, std::string sentence, std::string fix) {
    FileContent content;
    content.problems.push_back(
        {.origin = {.layer = layer, .place = std::move(place)},
         .sentence = std::move(sentence),
         .fix = std::move(fix)}
    );
    return content;
}

}  // namespace

FileContent read_toml(
    std::string_view text,
    const std::string& place,
    Layer layer,
    const Variables& variables
) {
    Reader reader(place, layer, variables);
    try {
        reader.read(toml::parse(text, place));
    } catch (const toml::parse_error& error) {
        reader.report(
            reader.origin(error.source()),
            fmt::format("this is no TOML: {}", error.description()),
            "see https://toml.io"
        );
    }
    return reader.take();
}

FileContent read_toml_file(
    const std::filesystem::path& file,
    Layer layer,
    const Variables& variables
) {
    const auto place = file.string();
    std::error_code failure;
    if (!std::filesystem::is_regular_file(file, failure)) {
        return unreadable(place, layer, "this is no regular file", "remove it or make it one");
    }
    std::ifstream stream(file, std::ios::binary);
    std::string text(most_bytes + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!stream.is_open() || stream.bad()) {
        return unreadable(place, layer, "it cannot be read", "let this user read it");
    }
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (text.size() > most_bytes) {
        return unreadable(place, layer, "it is larger than 1 MiB", "that is no configuration");
    }
    return read_toml(text, place, layer, variables);
}

}  // namespace tenon::app
