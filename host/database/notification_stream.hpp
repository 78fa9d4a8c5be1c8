#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;

namespace tenon::database {

/// A NOTIFY as it arrived.
struct Notification {
    std::string channel;
    std::string payload;
};

/// One LISTEN connection that does nothing else. Blocking; one thread at a time.
/// Throws `unavailable` when the connection cannot be made or breaks: make another. [pool]
class NotificationStream {
public:
    /// Connects and listens; when it returns, every later NOTIFY will be seen.
    NotificationStream(const std::string& conninfo, const std::vector<std::string_view>& channels);

    /// What arrived, or nothing after `limit`.
    std::vector<Notification> wait(std::chrono::milliseconds limit);

    /// Asks the server for a notification of our own, which only a connection that is whole in both
    /// directions brings back. Does not wait for it.
    void call();

    /// True once the last call came back.
    bool answered() const noexcept { return answered_; }

private:
    static void finish(pg_conn* connection) noexcept;

    void listen(std::string_view channel);
    std::vector<Notification> take();
    void finish_call();
    [[noreturn]] void fail() const;

    std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
    std::string echo_channel_;  ///< Nobody else has it.
    bool answered_ = true;
};

}  // namespace tenon::database
