#pragma once

#include <cstddef>

namespace tenon {

/// What became of messages. Those that are in no count were gone when their turn came.
struct BatchReport {
    std::size_t read = 0;
    std::size_t processed = 0;  ///< Did what they ask for.
    std::size_t stale = 0;      ///< Spoke of an attempt or a task that is over.
    std::size_t archived = 0;   ///< Could not be processed; the archive says why.
    std::size_t left = 0;       ///< Failed for a reason that may pass; will be read again.

    BatchReport& operator+=(const BatchReport& other) noexcept {
        read += other.read;
        processed += other.processed;
        stale += other.stale;
        archived += other.archived;
        left += other.left;
        return *this;
    }

    friend bool operator==(const BatchReport&, const BatchReport&) = default;
};

}  // namespace tenon
