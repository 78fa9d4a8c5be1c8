#pragma once

#include <chrono>
#include <optional>

namespace tenon::app {

/// When to start a host again that crashed, and when to stop trying.
class RestartPolicy {
public:
    /// `most`: crashes in a row after which it is started again. A host that lived for `healthy`
    /// begins a new row.
    RestartPolicy(int most, std::chrono::milliseconds healthy) : most_(most), healthy_(healthy) {}

    /// A host crashed that had lived for `lived`. How long to wait before the next one: not at all
    /// after the first crash of a row, then from 100 ms doubled up to 5 s. Nothing: give up.
    std::optional<std::chrono::milliseconds> crashed(std::chrono::milliseconds lived);

    /// Crashes of the row so far.
    int in_a_row() const noexcept { return in_a_row_; }

private:
    int most_;
    std::chrono::milliseconds healthy_;
    int in_a_row_ = 0;
};

}  // namespace tenon::app
