#include "app/notifications.hpp"

#include <utility>

namespace tenon::app {

void Notifications::set_mode(DeploymentMode mode) {
    const bool wanted = uses_notifications(mode);
    bell_.set_enabled(wanted);
    if (!wanted) {
        stop();
        return;
    }
    const std::scoped_lock lock(mutex_);
    if (!listener_) {
        listener_ = make_listener_();
    }
}

bool Notifications::listening() const {
    const std::scoped_lock lock(mutex_);
    return listener_ && listener_->connected();
}

// Not under the lock: the listener's thread, which is waited for, may be asking `listening`.
void Notifications::stop() {
    std::shared_ptr<messaging::Listener> old;
    {
        const std::scoped_lock lock(mutex_);
        old.swap(listener_);
    }
    if (old) {
        old->stop();
    }
}

}  // namespace tenon::app
