#include "database/repositories/host_repository.hpp"

#include "database/repositories/statement.hpp"
#include "database/repositories/text_list.hpp"
#include "foundation/json_text.hpp"
#include "sql/hosts.hpp"

#include <pqxx/pqxx>

#include <exception>
#include <fmt/format.h>

namespace tenon::database {
namespace {

std::string uuid_array(const std::vector<StepId>& steps) {
    std::vector<std::string> texts;
    texts.reserve(steps.size());
    for (const auto& step : steps) {
        texts.push_back(step.to_string());
    }
    return array_literal(texts);
}

std::vector<std::string> first_column(const pqxx::result& rows) {
    std::vector<std::string> texts;
    for (const auto& row : rows) {
        texts.emplace_back(row[0].c_str());
    }
    return texts;
}

std::int32_t number(HostId host) {
    return static_cast<std::int32_t>(host);
}

}  // namespace

HostId HostRepository::register_host(const Registration& registration) {
    const auto rows = execute(
        connection_,
        sql::hosts::register_host,
        registration.name,
        array_literal(registration.roles),
        registration.version
    );
    return HostId{rows[0][0].as<std::int32_t>()};
}

bool HostRepository::join(HostId host) {
    return execute(connection_, sql::hosts::join_host, number(host))[0][0].as<bool>();
}

std::optional<HostRepository::Others> HostRepository::beat(HostId host, const Beat& beat) {
    const auto rows = execute(
        connection_,
        sql::hosts::beat,
        number(host),
        uuid_array(beat.held),
        beat.unsure_ms,
        beat.stats_json
    );
    if (rows[0][0].is_null()) {
        return std::nullopt;
    }
    Others others{.count = rows[0][0].as<std::int64_t>(), .first_overdue = {}};
    if (!rows[0][1].is_null()) {
        others.first_overdue = std::chrono::milliseconds(rows[0][1].as<std::int32_t>());
    }
    return others;
}

void HostRepository::record_plugins(HostId host, const std::vector<ActiveBuild>& builds) {
    std::string json = "[";
    for (const auto& build : builds) {
        json += fmt::format(
            R"({}{{"generation":{},"plugin":{},"version":{},"sha256":{}}})",
            json.size() > 1 ? "," : "",
            build.generation,
            json_quote(build.plugin),
            json_quote(build.version),
            json_quote(build.sha256)
        );
    }
    execute(connection_, sql::hosts::record_plugins, number(host), json + "]");
}

void HostRepository::challenge_rescuer() {
    execute(connection_, sql::hosts::challenge_rescuer);
}

HostRepository::Rescue HostRepository::rescue(HostId rescuer) {
    const auto rows = execute(connection_, sql::hosts::rescue, number(rescuer));
    const auto list = [&](int column) {
        return split_list(rows[0][column].is_null() ? "" : rows[0][column].c_str());
    };
    return {.lost = list(0), .frozen = list(1), .namespaces = list(2)};
}

std::vector<std::string> HostRepository::resume_stale(HostId rescuer) {
    return first_column(execute(connection_, sql::hosts::resume_stale, number(rescuer)));
}

std::vector<std::string> HostRepository::retire(HostId host, const std::vector<StepId>& held) {
    return first_column(
        execute(connection_, sql::hosts::retire_host, number(host), uuid_array(held))
    );
}

void HostRepository::interrupt() noexcept {
    try {
        connection_.session().cancel_query();
    } catch (const std::exception&) {
        // The connection is gone, and with it the call that should end.
        return;
    }
}

}  // namespace tenon::database
