#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tenon::app {

/// One of the server-sent events of a stream.
struct SentEvent {
    std::string name = {};
    std::string data = {};
};

/// Takes a stream of server-sent events apart, however it is cut into pieces.
class EventText {
public:
    using Take = std::function<void(const SentEvent&)>;

    explicit EventText(Take take) : take_(std::move(take)) {}

    void feed(std::string_view bytes);

    /// Where to go on after the connection was lost; empty while the server did not say.
    const std::string& last_id() const noexcept { return last_id_; }

    /// Forgets what was not complete when the connection was lost.
    void reconnected();

private:
    void line(std::string_view text);

    const Take take_;
    std::string unfinished_;
    SentEvent event_;
    std::string last_id_;
};

}  // namespace tenon::app
