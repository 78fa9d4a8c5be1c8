#pragma once

#include "domain/deployment_mode.hpp"
#include "messaging/bell.hpp"
#include "messaging/listener.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace tenon::app {

/// This host's part in LISTEN and NOTIFY: its ear and its bell, which a mode switches on or off.
/// [any-thread]
class Notifications {
public:
    using MakeListener = std::function<std::shared_ptr<messaging::Listener>()>;

    Notifications(messaging::Bell& bell, MakeListener make_listener)
        : bell_(bell), make_listener_(std::move(make_listener)) {}

    ~Notifications() { stop(); }

    Notifications(const Notifications&) = delete;
    Notifications& operator=(const Notifications&) = delete;

    /// Listens and rings, or does neither. One caller at a time.
    void set_mode(DeploymentMode mode);

    /// True while notifications arrive.
    bool listening() const;

    /// Listens no more.
    void stop();

private:
    messaging::Bell& bell_;
    const MakeListener make_listener_;
    mutable std::mutex mutex_;  // Guards the pointer, which handlers' watchers read.
    std::shared_ptr<messaging::Listener> listener_;
};

}  // namespace tenon::app
