#include "app/configuration/configuration.hpp"

#include "app/configuration/configuration_files.hpp"
#include "app/configuration/toml_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace tenon::app {
namespace {

/// Variables of TENON_ that other parts of the program read.
constexpr std::array<std::string_view, 6> other_variables{
    "TENON_CONFIG",
    "TENON_ENV",
    "TENON_URL",
    "TENON_TOKEN",
    "TENON_API_KEY",
    "TENON_CA_FILE"
};
constexpr std::array<std::string_view, 3> other_prefixes{
    "TENON_TEST_",
    "TENON_FAULT",
    "TENON_FUZZ_"
};

bool is_other(std::string_view name) {
    return std::ranges::find(other_variables, name) != other_variables.end() ||
           std::ranges::any_of(other_prefixes, [&](auto prefix) {
               return name.starts_with(prefix);
           });
}

class Loader {
public:
    explicit Loader(const ConfigurationSources& sources) : sources_(sources) {}

    LoadedConfiguration load() {
        auto found = configuration_files(sources_.folder, sources_.environment);
        std::ranges::move(found.problems, std::back_inserter(loaded_.problems));
        read_files(found.base, Layer::base);
        read_files(found.environment, Layer::environment);
        read_variables();
        for (const auto& [id, texts] : sources_.options) {
            take(id, {.layer = Layer::option, .place = option_of(*id)}, texts);
        }
        check_together();
        return std::move(loaded_);
    }

private:
    /// Within a layer no file overrides another: its name would decide.
    void read_files(const std::vector<std::filesystem::path>& files, Layer layer) {
        std::map<KeyId, Origin> given;
        for (const auto& file : files) {
            loaded_.files.push_back(file);
            auto content = read_toml_file(file, layer, sources_.variables);
            std::ranges::move(content.problems, std::back_inserter(loaded_.problems));
            for (auto& [id, value, origin] : content.assignments) {
                const auto [before, first] = given.emplace(id, origin);
                if (!first) {
                    report(id, origin, fmt::format("{} gives it too", before->second.to_string()));
                    continue;
                }
                loaded_.configuration.set(id, std::move(value), std::move(origin));
            }
        }
    }

    void read_variables() {
        for (const auto& [name, text] : sources_.variables) {
            if (!name.starts_with("TENON_") || text.empty()) {
                continue;
            }
            const auto id = find_key(name);
            if (id) {
                take(*id, {.layer = Layer::variable, .place = name}, {text});
            } else if (!is_other(name)) {
                loaded_.problems.push_back(
                    {.severity = Problem::Severity::warning,
                     .origin = {.layer = Layer::variable, .place = name},
                     .sentence = "nothing reads this variable" + nearest_variable(name)}
                );
            }
        }
    }

    void take(KeyId id, const Origin& origin, const TextList& texts) {
        auto read = read_values(*id, texts);
        if (auto* value = std::get_if<Value>(&read)) {
            loaded_.configuration.set(id, std::move(*value), origin);
            return;
        }
        auto& fault = std::get<Fault>(read);
        loaded_.problems.push_back(
            {.origin = origin,
             .key = std::string((*id).name),
             .value = redacted_text(*id, fmt::format("{}", fmt::join(texts, ","))),
             .sentence = std::move(fault.sentence),
             .fix = std::move(fault.fix)}
        );
    }

    void report(KeyId id, const Origin& origin, std::string sentence) {
        loaded_.problems.push_back(
            {.origin = origin,
             .key = std::string((*id).name),
             .sentence = std::move(sentence),
             .fix = "remove one of them"}
        );
    }

    /// What no key can see by itself.
    void check_together() {
        const auto& configuration = loaded_.configuration;
        const auto direct = key("database.direct_url");
        if (configuration.is_set(direct) && !configuration.is_set(key("database.url"))) {
            auto& problems = loaded_.problems;
            problems.push_back(
                {.origin = configuration.setting(direct).origin,
                 .key = std::string((*direct).name),
                 .sentence = "--direct-url is given without --database-url",
                 .fix = "give that one alone, or both"}
            );
        }
    }

    const ConfigurationSources& sources_;
    LoadedConfiguration loaded_;
};

}  // namespace

Configuration::Configuration() {
    for (std::size_t i = 0; i < key_count; ++i) {
        settings_[i].value = usual_value(schema::all[i]);
    }
}

void Configuration::set(KeyId id, Value value, Origin origin) {
    auto& setting = settings_[index_of(id)];
    setting.origin = std::move(origin);
    const auto* text = std::get_if<std::string>(&value);
    setting.value = text != nullptr && text->empty() ? std::nullopt : std::optional(value);
}

std::size_t Configuration::given() const {
    return static_cast<std::size_t>(std::ranges::count_if(settings_, [](const Setting& setting) {
        return setting.origin.layer != Layer::usual;
    }));
}

LoadedConfiguration load_configuration(const ConfigurationSources& sources) {
    return Loader(sources).load();
}

}  // namespace tenon::app
