#include "plugin_host/web/plugin_json.hpp"

#include "domain/messages/message_reader.hpp"
#include "foundation/json_text.hpp"

#include <array>
#include <chrono>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <span>

namespace tenon::plugin_host {
namespace {

using Time = std::chrono::system_clock::time_point;

constexpr std::size_t longest_path = 4096;
constexpr std::size_t longest_reason = 1024;

std::string time_json(Time at) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(at);
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(at - whole);
    return fmt::format(
        R"("{:%Y-%m-%dT%H:%M:%S}.{:03}Z")",
        fmt::gmtime(std::chrono::system_clock::to_time_t(whole)),
        rest.count()
    );
}

std::string text_json(std::string_view text) {
    return text.empty() ? "null" : json_quote(text);
}

template <class Range, class Each>
std::string array_json(const Range& range, Each each) {
    std::string json = "[";
    for (const auto& element : range) {
        json += json.size() > 1 ? "," : "";
        json += each(element);
    }
    return json + "]";
}

std::string quoted_list(const std::vector<std::string>& texts) {
    return array_json(texts, [](const auto& text) { return json_quote(text); });
}

std::string runners_json(const GenerationStatus& build) {
    if (build.info.isolation == Isolation::in_process) {
        return "null";
    }
    const auto& runners = build.runners;
    return fmt::format(
        R"({{"pids":{},"started":{},"crashed":{}}})",
        array_json(runners.pids, [](pid_t pid) { return std::to_string(pid); }),
        runners.started,
        runners.crashed
    );
}

std::string generation_json(const GenerationStatus& build) {
    return fmt::format(
        R"({{"generation":{},"state":{},"version":{},"sha256":{},"build_id":{},"sdk":{},)"
        R"("loaded_at":{},"since":{},"in_flight":{},"calls":{},"failures":{},"faults":{},)"
        R"("on_probation":{},"isolation":{},"runners":{},"reason":{}}})",
        build.info.generation,
        json_quote(to_string(build.state)),
        json_quote(build.info.version),
        json_quote(build.info.sha256),
        text_json(build.info.build_id),
        text_json(build.info.sdk),
        time_json(build.loaded_at),
        time_json(build.since),
        build.calls.in_flight,
        build.calls.calls,
        build.calls.failures,
        build.calls.faults,
        build.on_probation,
        json_quote(to_string(build.info.isolation)),
        runners_json(build),
        text_json(build.reason)
    );
}

// Without the closing brace.
std::string plugin_members(const PluginStatus& plugin) {
    const auto* active = plugin.active();
    const PluginInfo none;
    const auto& info = active != nullptr ? active->info : none;
    return fmt::format(
        R"({{"id":{},"version":{},"generation":{},"sha256":{},"file":{},"library":{},)"
        R"("isolation":{},"callables":{},"pinned":{},"can_go_back":{},"generations":{})",
        json_quote(plugin.id),
        text_json(info.version),
        active != nullptr ? std::to_string(info.generation) : "null",
        text_json(info.sha256),
        text_json(info.file.string()),
        text_json(info.library),
        active != nullptr ? json_quote(to_string(info.isolation)) : "null",
        quoted_list(info.callables),
        plugin.pinned,
        plugin.can_go_back,
        array_json(plugin.generations, &generation_json)
    );
}

std::string transition_json(const PluginTransition& transition) {
    return fmt::format(
        R"({{"at":{},"state":{},"trigger":{},"generation":{},"version":{},"sha256":{},)"
        R"("file":{},"reason":{}}})",
        time_json(transition.at),
        json_quote(to_string(transition.state)),
        transition.trigger ? json_quote(to_string(*transition.trigger)) : "null",
        transition.generation != 0 ? std::to_string(transition.generation) : "null",
        text_json(transition.version),
        text_json(transition.sha256),
        text_json(transition.file.string()),
        text_json(transition.reason)
    );
}

std::string file_json(const FileStatus& file) {
    return fmt::format(
        R"({{"file":{},"state":{},"sha256":{},"at":{},"reason":{}}})",
        json_quote(file.file.string()),
        json_quote(to_string(file.state)),
        text_json(file.sha256),
        time_json(file.at),
        text_json(file.reason)
    );
}

std::string listed_json(const ListedBuild& build) {
    return fmt::format(
        R"({{"sha256":{},"since":{},"plugin":{},"reason":{}}})",
        json_quote(build.sha256),
        text_json(build.since),
        text_json(build.plugin_id),
        text_json(build.reason)
    );
}

std::string transitions_json(const PluginHistory::Counts& counts) {
    std::string json = "{";
    for (std::size_t i = 0; i < counts.size(); ++i) {
        json += fmt::format(
            R"({}"{}":{})", i == 0 ? "" : ",", to_string(static_cast<PluginState>(i)), counts.at(i)
        );
    }
    return json + "}";
}

Result<MessageReader> open_body(std::string_view body, std::span<const std::string_view> known) {
    auto reader = MessageReader::open(body.empty() ? "{}" : body, "the body");
    if (!reader) {
        return reader;
    }
    if (const auto only = reader->allow_only(known); !only) {
        return only.error();
    }
    return reader;
}

}  // namespace

std::string to_json(const PluginsStatus& status, const std::vector<ListedBuild>& demoted) {
    std::vector<std::string> folders;
    for (const auto& folder : status.folders) {
        folders.push_back(folder.string());
    }
    return fmt::format(
        R"({{"plugins":{},"files":{},"quarantine":{},"demoted":{},"transitions":{},)"
        R"("folders":{},"hears_changes":{}}})",
        array_json(status.plugins, [](const auto& plugin) { return plugin_members(plugin) + "}"; }),
        array_json(status.files, &file_json),
        array_json(status.quarantine, &listed_json),
        array_json(demoted, &listed_json),
        transitions_json(status.transitions),
        quoted_list(folders),
        status.hears_changes
    );
}

std::string to_json(const PluginStatus& plugin, const std::vector<PluginTransition>& history) {
    return plugin_members(plugin) + ",\"history\":" + array_json(history, &transition_json) + "}";
}

std::string to_json(const std::vector<PluginRegistry::Loaded>& files) {
    return R"({"files":)" +
           array_json(
               files,
               [](const PluginRegistry::Loaded& file) {
                   return fmt::format(
                       R"({{"file":{},"plugin":{},"error":{}}})",
                       json_quote(file.file.string()),
                       file.result ? to_json(*file.result) : "null",
                       file.result ? "null" : json_quote(file.result.error().detail)
                   );
               }
           ) +
           "}";
}

std::string to_json(const PluginInfo& info) {
    return fmt::format(
        R"({{"id":{},"version":{},"generation":{},"sha256":{}}})",
        json_quote(info.id),
        json_quote(info.version),
        info.generation,
        json_quote(info.sha256)
    );
}

Result<std::optional<std::string>> parse_reload_body(std::string_view body) {
    constexpr std::array<std::string_view, 1> known{"file"};
    const auto reader = open_body(body, known);
    if (!reader) {
        return reader.error();
    }
    const auto value = reader->find("file");
    if (!value) {
        return std::optional<std::string>();
    }
    auto file = reader->text("file", longest_path);
    if (!file) {
        return file.error();
    }
    if (file->empty()) {
        return reader->wrong("file", "the name of a .so; leave it out for all", *value);
    }
    return std::optional(*std::move(file));
}

Result<QuarantineOrder> parse_quarantine_body(std::string_view body) {
    constexpr std::array<std::string_view, 2> known{"sha256", "reason"};
    const auto reader = open_body(body, known);
    if (!reader) {
        return reader.error();
    }
    const auto text = reader->text("sha256", longest_reason);
    const auto reason = reader->text("reason", longest_reason);
    for (const auto* read : {&text, &reason}) {
        if (!*read) {
            return read->error();
        }
    }
    auto sha256 = parse_sha256(*text);
    if (!sha256) {
        return sha256.error();
    }
    if (reason->empty()) {
        return refusal("'reason' is missing in the body: say in a sentence why nobody may load it");
    }
    return QuarantineOrder{.sha256 = *std::move(sha256), .reason = *reason};
}

}  // namespace tenon::plugin_host
