#include "app/events/event_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace tenon::app {
namespace {

constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::int32_t page = 200;

// Events in flight while a stream was opened may be met twice, on the queue and in the feed: of
// as many that were caught up with last it is remembered that the peer has them.
constexpr std::size_t remembered_max = 1000;

}  // namespace

EventStream::EventStream(Needs needs, const asio::any_io_executor& executor)
    : needs_(std::move(needs)), timer_(executor) {}

asio::awaitable<void> EventStream::open(
    messaging::EventFilter filter,
    std::optional<StreamPosition> resume_after
) {
    // First the subscription: what is newer than the position of the feed comes by it.
    subscription_ = needs_.feed.bus().subscribe(
        filter,
        [self = weak_from_this(), executor = timer_.get_executor()] {
            asio::post(executor, [self] {
                if (const auto stream = self.lock()) {
                    stream->wake();
                }
            });
        }
    );
    const auto follow = [&feed = needs_.feed] { return feed.follow(); };
    const auto newest = co_await needs_.blocking.run(follow);
    for (const auto& [name, number] : newest) {
        if (!filter.namespace_name.empty() && filter.namespace_name != name) {
            continue;
        }
        const auto known = resume_after ? resume_after->find(name) : StreamPosition::iterator();
        const bool resumes = resume_after && known != resume_after->end();
        position_[name] = resumes ? std::min(known->second, number) : number;
        if (position_[name] < number) {
            behind_[name] = number;
        }
    }
    opening_ = ": tenon events\nretry: 1000\n";
    opening_ += position_.empty() ? "\n" : "id: " + to_text(position_) + "\n\n";
}

asio::awaitable<std::optional<std::string>> EventStream::next() {
    while (!closed_) {
        if (!opening_.empty()) {
            co_return std::exchange(opening_, {});
        }
        std::string text;
        if (behind_.empty()) {
            text = render(subscription_->take());
        } else {
            text = co_await catch_up();
        }
        if (!text.empty()) {
            co_return text;
        }
        // News that came since then were announced to a timer that did not run yet.
        if (std::exchange(news_, false) || !behind_.empty()) {
            continue;
        }
        timer_.expires_after(needs_.keep_alive);
        const auto [cancelled] = co_await timer_.async_wait(as_tuple);
        if (!cancelled) {
            co_return ": keep-alive\n\n";
        }
    }
    subscription_.reset();
    co_return std::nullopt;
}

void EventStream::close() {
    closed_ = true;
    timer_.cancel();
}

void EventStream::wake() {
    news_ = true;
    timer_.cancel();
}

/// One page of what is behind; an empty text where nothing of it is wanted.
asio::awaitable<std::string> EventStream::catch_up() {
    const auto [name, end] = *behind_.begin();
    const database::EventQueueRepository::Range range{
        .namespace_name = name, .after = position_[name], .missing = {}, .limit = page
    };
    const auto read = [&feed = needs_.feed, range] { return feed.peek(range); };
    const auto events = co_await needs_.blocking.run(read);
    std::string text;
    for (const auto& event : events) {
        if (event.message > end) {
            break;
        }
        position_[name] = event.message;
        if (subscription_->filter().wants(event)) {
            append(text, event);
            caught_up_.emplace(name, event.message);
        }
        if (caught_up_.size() > remembered_max) {
            caught_up_.erase(caught_up_.begin());
        }
    }
    if (events.size() < static_cast<std::size_t>(page) || events.back().message >= end) {
        position_[name] = std::max(position_[name], end);
        behind_.erase(name);
    }
    co_return text;
}

std::string EventStream::render(const messaging::EventBus::Arrivals& arrivals) {
    std::string text;
    for (const auto& event : arrivals.events) {
        if (event->message == 0 || !caught_up_.contains({event->namespace_name, event->message})) {
            append(text, *event);
        }
    }
    if (arrivals.dropped > 0) {
        text += "event: dropped\ndata: {\"dropped\":" + std::to_string(arrivals.dropped) + "}\n\n";
    }
    return text;
}

/// Documents are written by the database on one line, and names have no character that is special.
void EventStream::append(std::string& text, const DomainEvent& event) {
    if (event.message > 0) {
        auto& last = position_[event.namespace_name];
        last = std::max(last, event.message);
        text += "id: " + to_text(position_) + '\n';
    }
    text += "event: " + event.name + "\ndata: " + event.document_json + "\n\n";
}

}  // namespace tenon::app
