#include "database/sql_error.hpp"

#include <pqxx/except>

#include <array>
#include <fmt/format.h>
#include <optional>
#include <sstream>
#include <utility>

namespace tenon::database {
namespace {

struct Rule {
    std::string_view prefix;  // Of the SQLSTATE; the first that fits decides.
    ErrorCode code;
};

constexpr std::array rules{
    Rule{"TN400", ErrorCode::invalid_input},
    Rule{"TN404", ErrorCode::not_found},
    Rule{"TN409", ErrorCode::conflict},
    Rule{"22", ErrorCode::invalid_input},
    Rule{"23505", ErrorCode::conflict},
    Rule{"23P01", ErrorCode::conflict},
    Rule{"25006", ErrorCode::unavailable},  // Read-only: a standby, or an operator's wish.
    Rule{"40001", ErrorCode::unavailable},
    Rule{"40P01", ErrorCode::unavailable},
    Rule{"55P03", ErrorCode::unavailable},
    Rule{"57014", ErrorCode::deadline_exceeded},
    Rule{"08", ErrorCode::unavailable},
    Rule{"53", ErrorCode::unavailable},
    Rule{"57", ErrorCode::unavailable},
    Rule{"58", ErrorCode::unavailable},
};

std::optional<ErrorCode> code_of(std::string_view sqlstate) {
    for (const auto& rule : rules) {
        if (sqlstate.starts_with(rule.prefix)) {
            return rule.code;
        }
    }
    return std::nullopt;
}

/// The part of one line after `label` and its colon, nothing when the line has another label.
std::optional<std::string> after_label(const std::string& line, std::string_view label) {
    const auto text = fmt::format("{}:  ", label);
    return line.starts_with(text) ? std::optional(line.substr(text.size())) : std::nullopt;
}

bool begins_section(const std::string& line) {
    for (const std::string_view label : {"DETAIL", "HINT", "QUERY", "CONTEXT", "LOCATION"}) {
        if (after_label(line, label)) {
            return true;
        }
    }
    return line.starts_with("LINE ");
}

/// libpq's report is "SEVERITY:  message", then labelled sections, each of one or more lines.
std::string sentence_of(std::string_view report) {
    std::istringstream lines{std::string(report)};
    std::string message;
    std::getline(lines, message);
    if (const auto at = message.find(":  "); at != std::string::npos) {
        message.erase(0, at + 3);
    }
    std::string hint;
    std::string* section = &message;
    for (std::string line; std::getline(lines, line);) {
        if (const auto text = after_label(line, "HINT")) {
            hint = *text;
            section = &hint;
        } else if (begins_section(line)) {
            section = nullptr;
        } else if (section != nullptr) {
            *section += ' ' + line;
        }
    }
    return hint.empty() ? message : fmt::format("{}; {}", message, hint);
}

std::string_view fix_for(std::string_view reason) {
    if (reason.find("authentication") != std::string_view::npos ||
        reason.find("password") != std::string_view::npos ||
        reason.find("role ") != std::string_view::npos) {
        return "correct the user or the password in the database URL";
    }
    if (reason.find("database \"") != std::string_view::npos) {
        return "create it with createdb, or correct the database URL";
    }
    return "start that server, or correct the database URL";
}

}  // namespace

SqlError::SqlError(std::string sqlstate, const std::string& message)
    : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}

void throw_sql_error(std::string_view sqlstate, std::string_view report) {
    auto sentence = sentence_of(report);
    if (const auto code = code_of(sqlstate)) {
        throw Exception({*code, std::move(sentence)});
    }
    throw SqlError(
        std::string(sqlstate),
        fmt::format("the database refused a statement ({}): {}", sqlstate, sentence)
    );
}

void translate_errors(const std::string& endpoint, const std::function<void()>& work) {
    try {
        work();
    } catch (const pqxx::sql_error& error) {
        throw_sql_error(error.sqlstate(), error.what());
    } catch (const pqxx::deadlock_detected& error) {
        throw_sql_error("40P01", error.what());
    } catch (const pqxx::serialization_failure& error) {
        throw_sql_error("40001", error.what());
    } catch (const pqxx::pqxx_exception& error) {
        // Lost connections and commits of unknown outcome; the rest are misuses of the library.
        throw Exception(
            {ErrorCode::unavailable,
             fmt::format(
                 "the connection to PostgreSQL at {} failed: {}",
                 endpoint,
                 sentence_of(error.base().what())
             )}
        );
    }
}

Error unreachable(const std::string& endpoint, std::string_view report) {
    std::string reason(report.substr(0, report.find('\n')));
    for (const std::string_view mark : {"failed: ", "FATAL:  "}) {
        if (const auto at = reason.find(mark); at != std::string::npos) {
            reason.erase(0, at + mark.size());
        }
    }
    return {
        ErrorCode::unavailable,
        fmt::format("cannot reach PostgreSQL at {}: {}; {}", endpoint, reason, fix_for(reason))
    };
}

}  // namespace tenon::database
