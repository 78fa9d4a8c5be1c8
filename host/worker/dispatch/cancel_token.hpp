#pragma once

#include "plugin_host/cancel_reason.hpp"

#include <atomic>

namespace tenon::worker {

using plugin_host::CancelReason;

/// The request to stop, as one call sees it: a reason, and a descriptor for handlers that sit in
/// poll(). Most handlers never ask for the descriptor, so it is made when one does. [any-thread]
class CancelToken {
public:
    CancelToken() = default;
    CancelToken(const CancelToken&) = delete;
    CancelToken& operator=(const CancelToken&) = delete;
    ~CancelToken();

    /// Asks the call to stop. The first reason stays; false when there was one already.
    bool cancel(CancelReason reason) noexcept;

    CancelReason reason() const noexcept { return reason_; }

    bool cancelled() const noexcept { return reason_ != CancelReason::none; }

    /// Readable from the first `cancel` on, whichever comes first; -1 when none could be made.
    /// Closed with the token.
    int descriptor() noexcept;

private:
    static constexpr int none = -1;

    static void make_readable(int descriptor) noexcept;

    std::atomic<CancelReason> reason_{CancelReason::none};
    std::atomic<int> descriptor_{none};
};

}  // namespace tenon::worker
