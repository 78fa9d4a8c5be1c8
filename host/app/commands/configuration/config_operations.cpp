#include "app/commands/configuration/config_operations.hpp"

#include "app/commands/operations/answer.hpp"
#include "app/configuration/configuration_reference.hpp"
#include "foundation/json_text.hpp"

#include <fmt/format.h>
#include <string_view>
#include <vector>

namespace tenon::app {
namespace {

using Rows = std::vector<std::vector<std::string>>;

LoadedConfiguration load(const ConfigOptions& options) {
    auto sources = options.sources;
    if (sources.variables.empty()) {
        sources.variables = process_variables();
    }
    return load_configuration(sources);
}

KeyId checked_key(const std::string& word) {
    if (const auto id = find_key(word)) {
        return *id;
    }
    const auto nearest = nearest_key(word);
    throw CommandFailure(
        ExitCode::usage,
        fmt::format(
            "there is no key '{}'{}",
            word,
            nearest.empty() ? "; 'tenon config explain' lists all keys"
                            : " (did you mean " + nearest + "?)"
        )
    );
}

void print_table(const TaskConsole& console, const Rows& rows) {
    for (const auto& line : draw_table(rows, console.traits().table_columns())) {
        console.out << line << '\n';
    }
    console.out << std::flush;
}

void print_problems(const TaskConsole& console, const Problems& problems) {
    for (const auto& problem : problems) {
        const bool error = problem.severity == Problem::Severity::error;
        console.err << (error ? "error: " : "warning: ") << problem.to_string() << '\n';
    }
    console.err << std::flush;
}

std::string value_text(const Key& key, const Configuration::Setting& setting) {
    return setting.value ? to_toml(key, redacted(key, *setting.value)) : "unset";
}

std::string_view layer_name(Layer layer) {
    switch (layer) {
        case Layer::usual: return "default";
        case Layer::base: return "base";
        case Layer::environment: return "environment";
        case Layer::variable: return "variable";
        case Layer::option: return "option";
    }
    return "default";
}

std::string setting_json(const Key& key, const Configuration::Setting& setting) {
    const auto value = setting.value ? redacted(key, *setting.value) : Value();
    return fmt::format(
        R"({{"key":{},"value":{},"layer":"{}","from":{}}})",
        json_quote(key.name),
        !setting.value                  ? "null"
        : key.secrecy == Secrecy::whole ? json_quote(std::get<std::string>(value))
                                        : to_json(key, value),
        layer_name(setting.origin.layer),
        json_quote(setting.origin.to_string())
    );
}

ExitCode ending(const LoadedConfiguration& loaded) {
    return has_errors(loaded.problems) ? ExitCode::task_failed : ExitCode::ok;
}

std::string files_json(const LoadedConfiguration& loaded) {
    std::vector<std::string> files;
    for (const auto& file : loaded.files) {
        files.push_back(json_quote(file.string()));
    }
    return fmt::format("[{}]", fmt::join(files, ","));
}

std::string keys_json() {
    std::vector<std::string> objects;
    for (const auto& key : schema::all) {
        std::vector<std::string> members;
        for (const auto& [heading, text] : facts_of(key)) {
            members.push_back(json_quote(heading) + ":" + json_quote(text));
        }
        objects.push_back(fmt::format("{{{}}}", fmt::join(members, ",")));
    }
    return fmt::format("[{}]", fmt::join(objects, ","));
}

}  // namespace

ExitCode check_configuration(const ConfigOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto loaded = load(options);
        if (options.json) {
            std::vector<std::string> problems;
            for (const auto& problem : loaded.problems) {
                problems.push_back(problem.to_json());
            }
            console.out << fmt::format(
                               R"({{"valid":{},"files":{},"problems":[{}]}})",
                               !has_errors(loaded.problems),
                               files_json(loaded),
                               fmt::join(problems, ",")
                           )
                        << std::endl;
            return ending(loaded);
        }
        print_problems(console, loaded.problems);
        if (ending(loaded) == ExitCode::ok) {
            console.out << fmt::format(
                               "the configuration is good: {} {}, {} keys given",
                               loaded.files.size(),
                               loaded.files.size() == 1 ? "file" : "files",
                               loaded.configuration.given()
                           )
                        << std::endl;
        }
        return ending(loaded);
    });
}

ExitCode show_configuration(const ConfigOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        const auto loaded = load(options);
        const auto only =
            options.key.empty() ? std::nullopt : std::optional(checked_key(options.key));
        Rows rows{{"key", "value", "from"}};
        std::vector<std::string> objects;
        for (std::size_t i = 0; i < key_count; ++i) {
            const auto& setting = loaded.configuration.setting(KeyId{i});
            const bool usual = setting.origin.layer == Layer::usual;
            if ((only && *only != KeyId{i}) || (options.changed && usual)) {
                continue;
            }
            const auto& key = schema::all[i];
            rows.push_back(
                {std::string(key.name), value_text(key, setting), setting.origin.to_string()}
            );
            objects.push_back(setting_json(key, setting));
        }
        print_problems(console, loaded.problems);
        if (options.json) {
            console.out << fmt::format("[{}]", fmt::join(objects, ",")) << std::endl;
        } else {
            print_table(console, rows);
        }
        return ending(loaded);
    });
}

ExitCode explain_key(const ConfigOptions& options, const TaskConsole& console) {
    return report_failure(console, [&] {
        if (options.key.empty()) {
            if (options.json) {
                console.out << keys_json() << std::endl;
                return ExitCode::ok;
            }
            Rows rows;
            for (const auto& key : schema::all) {
                rows.push_back({std::string(key.name), std::string(key.summary)});
            }
            print_table(console, rows);
            return ExitCode::ok;
        }
        const auto id = checked_key(options.key);
        const auto loaded = load(options);
        const auto& setting = loaded.configuration.setting(id);
        Rows rows;
        std::vector<std::string> members;
        auto facts = facts_of(*id);
        facts.emplace_back("now", value_text(*id, setting) + ", " + setting.origin.to_string());
        for (auto& [heading, text] : facts) {
            members.push_back(json_quote(heading) + ":" + json_quote(text));
            rows.push_back({heading, text});
        }
        if (options.json) {
            console.out << fmt::format("{{{}}}", fmt::join(members, ",")) << std::endl;
        } else {
            print_table(console, rows);
        }
        return ExitCode::ok;
    });
}

ExitCode print_reference(const ConfigOptions& /*options*/, const TaskConsole& console) {
    console.out << configuration_reference() << std::flush;
    return ExitCode::ok;
}

}  // namespace tenon::app
