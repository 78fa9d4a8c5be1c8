#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::testing {

/// A word, a symbol, a string or a quoted name of PL/pgSQL, by its place in the text. Comments and
/// blanks are no tokens; a string is one, whatever it holds.
struct PlpgsqlToken {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// Throws std::runtime_error when a string or a comment does not end.
std::vector<PlpgsqlToken> plpgsql_tokens(std::string_view text);

/// A place in a body where one statement has ended, or none has begun, and control can be.
struct StatementBoundary {
    std::size_t at = 0;  ///< Where a further statement may be inserted.
    int line = 0;        ///< Of the body, from 1.
    std::string after;   ///< The beginning of the statement before it; the opening word if none.
    /// False when the database cannot have changed since the boundary before: after a condition, an
    /// assignment without a query, the end of a compound statement.
    bool may_write = false;
};

/// Every statement boundary of the body of a PL/pgSQL function, in the order of the text: after
/// each BEGIN, THEN, ELSE and LOOP that opens a list of statements, and after each statement of
/// one. Nothing where control never comes: after RETURN, RAISE EXCEPTION, EXIT and CONTINUE.
/// Throws std::runtime_error when the body is not understood.
std::vector<StatementBoundary> statement_boundaries(std::string_view body);

/// The body with `call(i)` inserted at the i-th boundary.
std::string with_calls(
    std::string_view body,
    const std::vector<StatementBoundary>& boundaries,
    const std::function<std::string(std::size_t)>& call
);

}  // namespace tenon::testing
