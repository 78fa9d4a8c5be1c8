#include "app/commands/events/event_text.hpp"

#include <algorithm>
#include <utility>

namespace tenon::app {

void EventText::feed(std::string_view bytes) {
    unfinished_ += bytes;
    std::size_t begin = 0;
    for (auto end = unfinished_.find('\n'); end != std::string::npos;
         end = unfinished_.find('\n', begin)) {
        line(std::string_view(unfinished_).substr(begin, end - begin));
        begin = end + 1;
    }
    unfinished_.erase(0, begin);
}

void EventText::reconnected() {
    unfinished_.clear();
    event_ = {};
}

void EventText::line(std::string_view text) {
    if (text.ends_with('\r')) {
        text.remove_suffix(1);
    }
    if (text.empty()) {
        if (!event_.data.empty()) {
            take_(event_);
        }
        event_ = {};
        return;
    }
    const auto colon = std::min(text.find(':'), text.size());
    const auto field = text.substr(0, colon);
    auto value = text.substr(std::min(colon + 1, text.size()));
    if (value.starts_with(' ')) {
        value.remove_prefix(1);
    }
    if (field == "event") {
        event_.name = value;
    } else if (field == "data") {
        event_.data += (event_.data.empty() ? "" : "\n") + std::string(value);
    } else if (field == "id") {
        last_id_ = value;
    }
}

}  // namespace tenon::app
