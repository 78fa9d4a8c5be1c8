#include "plugin_host/scout/scout_reply.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <unistd.h>

namespace tenon::plugin_host {
namespace {

std::string text_of(const nlohmann::json& json) {
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

}  // namespace

void ScoutReply::begin(std::string_view what) {
    write(text_of({{"begin", what}}));
}

void ScoutReply::finding(PluginRule rule, std::string what, std::string fix) {
    write(text_of({{"finding", id_of(rule)}, {"what", what}, {"fix", fix}}));
}

void ScoutReply::fact(std::string_view name, std::string_view json) {
    write(text_of({{"fact", name}, {"value", json}}));
}

void ScoutReply::end() {
    write(text_of({{"end", true}}));
}

void ScoutReply::write(const std::string& line) {
    const std::lock_guard lock(mutex_);
    std::string_view rest = line;
    while (!rest.empty()) {
        const auto written = ::write(descriptor_, rest.data(), rest.size());
        if (written < 0 && errno != EINTR) {
            return;  // Nobody listens any more.
        }
        rest.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
}

std::optional<ScoutLine> parse_scout_line(std::string_view line) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object()) {
        return std::nullopt;
    }
    ScoutLine parsed;
    parsed.ended = json.contains("end");
    if (json.contains("begin")) {
        parsed.began = json.value("begin", "");
    }
    if (const auto rule = rule_of(json.value("finding", ""))) {
        parsed.finding = Finding{*rule, json.value("what", ""), json.value("fix", "")};
    }
    parsed.fact = json.value("fact", "");
    parsed.value = json.value("value", "");
    return parsed;
}

}  // namespace tenon::plugin_host
