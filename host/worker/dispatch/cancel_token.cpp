#include "worker/dispatch/cancel_token.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace tenon::worker {

CancelToken::~CancelToken() {
    if (const int made = descriptor_; made != none) {
        ::close(made);
    }
}

// Each side writes its own half before it reads the other's, in one total order: so at least one of
// the two sees both and makes the descriptor readable.
bool CancelToken::cancel(CancelReason reason) noexcept {
    auto expected = CancelReason::none;
    if (!reason_.compare_exchange_strong(expected, reason)) {
        return false;
    }
    if (const int made = descriptor_; made != none) {
        make_readable(made);
    }
    return true;
}

int CancelToken::descriptor() noexcept {
    if (const int made = descriptor_; made != none) {
        return made;
    }
    const int fresh = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int made = none;
    if (fresh == none || !descriptor_.compare_exchange_strong(made, fresh)) {
        if (fresh != none) {
            ::close(fresh);
        }
        return made;
    }
    if (cancelled()) {
        make_readable(fresh);
    }
    return fresh;
}

void CancelToken::make_readable(int descriptor) noexcept {
    ::eventfd_write(descriptor, 1);
}

}  // namespace tenon::worker
