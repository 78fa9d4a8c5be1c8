#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace tenon {
inline namespace sdk_v1 {

/// What a failure carries besides its message. Everything has a default.
struct ErrorDetails {
    std::string code = {};  ///< For machines, e.g. "CARD_DECLINED"; empty: the class's own.
    std::string type = {};  ///< Its class, e.g. "PaymentError"; empty: the C++ class's name.
    std::optional<std::chrono::milliseconds> retry_after = {};  ///< Unset: the template's backoff.
    std::string context_json = {};  ///< A JSON object with whatever helps to find the cause.
};

/// A step's failure, thrown by its handler. Throw one of the classes below: they say whether
/// another attempt can help.
class StepError : public std::runtime_error {
public:
    bool retryable() const noexcept { return retryable_; }

    const ErrorDetails& details() const noexcept { return details_; }

protected:
    StepError(const std::string& message, bool retryable, ErrorDetails details)
        : std::runtime_error(message), retryable_(retryable), details_(std::move(details)) {}

private:
    bool retryable_;
    ErrorDetails details_;
};

namespace detail {

inline ErrorDetails with_defaults(ErrorDetails given, const char* code, const char* type) {
    if (given.code.empty()) {
        given.code = code;
    }
    if (given.type.empty()) {
        given.type = type;
    }
    return given;
}

}  // namespace detail

/// The step failed and no further attempt can succeed.
class PermanentError : public StepError {
public:
    explicit PermanentError(const std::string& message, ErrorDetails details = {})
        : StepError(
              message,
              false,
              detail::with_defaults(std::move(details), "PERMANENT_ERROR", "PermanentError")
          ) {}
};

/// The input is not what the handler needs; the message names the field.
class ValidationError : public PermanentError {
public:
    explicit ValidationError(const std::string& message, ErrorDetails details = {})
        : PermanentError(
              message,
              detail::with_defaults(std::move(details), "VALIDATION_ERROR", "ValidationError")
          ) {}
};

/// The step failed for a reason that may pass: the template's retry policy applies.
class RetryableError : public StepError {
public:
    explicit RetryableError(const std::string& message, ErrorDetails details = {})
        : StepError(
              message,
              true,
              detail::with_defaults(std::move(details), "RETRYABLE_ERROR", "RetryableError")
          ) {}
};

/// Thrown to stop a step whose call was cancelled; see StepContext::throw_if_cancelled.
struct Cancelled {};

}  // namespace sdk_v1
}  // namespace tenon
