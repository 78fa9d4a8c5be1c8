#pragma once

#include "foundation/error.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tenon::database {

/// A statement that PostgreSQL refused for a reason no caller can act on: a bug of ours or a
/// damaged schema.
class SqlError : public std::runtime_error {
public:
    SqlError(std::string sqlstate, const std::string& message);

    const std::string& sqlstate() const noexcept { return sqlstate_; }

private:
    std::string sqlstate_;
};

/// Throws what a refusal by the server means to the host: a tenon::Exception for the SQLSTATEs
/// below, else SqlError. `report` is libpq's text; its primary message becomes the sentence, and
/// a HINT is appended as `; <hint>`.
///
/// TN400, 22… → invalid_input; TN404 → not_found; TN409, 23505, 23P01 → conflict; 57014 (out of
/// time) → deadline_exceeded; 08…, 53…, 57…, 58…, 25006, 40001, 40P01, 55P03 → unavailable.
[[noreturn]] void throw_sql_error(std::string_view sqlstate, std::string_view report);

/// Runs `work`, turning every exception of libpqxx into ours. `endpoint` names the server in the
/// sentence about a lost connection.
void translate_errors(const std::string& endpoint, const std::function<void()>& work);

/// The sentence about a server that cannot be reached, from libpq's `report`, with the fix.
Error unreachable(const std::string& endpoint, std::string_view report);

}  // namespace tenon::database
