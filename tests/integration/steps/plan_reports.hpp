#pragma once

#include <memory>
#include <string>
#include <vector>

struct pg_conn;

namespace tenon::testing {

/// A session on which the server reports the plan of every statement, those inside functions
/// included, and how many rows each of its parts threw away. [setup]
class ReportingSession {
public:
    enum class Settings {
        gateway,  ///< As the step pump's.
        usual,    ///< As any client's.
    };

    explicit ReportingSession(const std::string& conninfo, Settings settings = Settings::gateway);

    /// Runs one or more statements; a refusal fails the test.
    void exec(const std::string& statements);

    /// Everything that was reported so far.
    const std::string& reports() const noexcept { return reports_; }

private:
    std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
    std::string reports_;
};

/// The parts of the reported plans that look at more of a large table than they need: sequential
/// scans, index scans without a condition on the index, and scans that threw away more than
/// `bound` rows. Each with the statement it belongs to. Tables in `small` are never large.
std::vector<std::string> wasteful_scans(
    const std::string& reports,
    const std::vector<std::string>& small,
    int bound = 100
);

}  // namespace tenon::testing
